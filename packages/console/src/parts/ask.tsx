import { Button, Input } from 'tdesign-vue-next'
import { defineComponent, nextTick, ref, shallowRef, type VNodeChild } from 'vue'
import { asFailure, type Failure } from '../failure.ts'
import { t } from '../language.ts'
import { tell } from './notice.tsx'
import { showProblem } from './problem.tsx'

type Question = {
  readonly title: string
  /** What the act does, to whom, and whether it can be taken back. */
  readonly says: () => VNodeChild
  /** The act's own verb: never "OK". */
  readonly button: string
  readonly danger?: boolean
  /** What has to be typed before the act can be done; for what cannot be taken back. */
  readonly typed?: string
  /** @returns What happened, in words. */
  readonly act: () => Promise<string>
}

const question = shallowRef<Question>()

/** Asks before it does; a failure is shown where the question stands, and nothing is hidden by it. */
export function ask(asked: Question): void {
  question.value = asked
}

/** The one dialog of the page: the browser's own, which holds the focus and closes by Escape. */
export const Asking = defineComponent({
  name: 'Asking',
  setup() {
    const dialog = ref<HTMLDialogElement>()
    const failure = shallowRef<Failure>()
    const busy = ref(false)
    const typed = ref('')

    function open(element: unknown) {
      if (!(element instanceof HTMLDialogElement) || element.open) return
      dialog.value = element
      typed.value = ''
      failure.value = undefined
      void nextTick(() => element.showModal())
    }

    function close() {
      if (busy.value) return
      dialog.value?.close()
      question.value = undefined
    }

    async function act({ act: perform }: Question) {
      busy.value = true
      failure.value = undefined
      try {
        tell(await perform())
        busy.value = false
        close()
      } catch (error) {
        failure.value = asFailure(error)
      } finally {
        busy.value = false
      }
    }

    return () => {
      const asked = question.value
      if (asked === undefined) return undefined
      const { title, says, button, danger = false, typed: needed } = asked
      return (
        <dialog
          ref={open}
          class="dialog"
          aria-labelledby="asking-title"
          onCancel={(event: Event) => {
            event.preventDefault()
            close()
          }}
        >
          <form
            method="dialog"
            onSubmit={(event: Event) => {
              event.preventDefault()
              if (!busy.value && (needed === undefined || typed.value === needed)) void act(asked)
            }}
          >
            <h2 id="asking-title">{title}</h2>
            <div class="dialog-body">{[says()]}</div>
            {needed === undefined ? undefined : (
              <label class="field">
                <span>
                  {t('为避免误操作，请输入', 'So that it is no slip, type')} <code>{needed}</code>
                </span>
                <Input
                  value={typed.value}
                  autocomplete="off"
                  placeholder=""
                  onChange={(value) => {
                    typed.value = String(value)
                  }}
                />
              </label>
            )}
            {showProblem(failure.value)}
            <div class="dialog-buttons">
              <Button variant="outline" disabled={busy.value} onClick={close}>
                {t('取消', 'Cancel')}
              </Button>
              <Button
                type="submit"
                theme={danger ? 'danger' : 'primary'}
                loading={busy.value}
                disabled={needed !== undefined && typed.value !== needed}
              >
                {button}
              </Button>
            </div>
          </form>
        </dialog>
      )
    }
  },
})
