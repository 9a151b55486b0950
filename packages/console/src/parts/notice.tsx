import { Alert } from 'tdesign-vue-next'
import { defineComponent, ref } from 'vue'
import { t } from '../language.ts'

type Notice = {
  readonly id: number
  readonly theme: 'success' | 'warning' | 'error'
  readonly says: string
}

const notices = ref<readonly Notice[]>([])
let last = 0

/** Says what happened, until it is put away or two more have happened. */
export function tell(says: string, theme: Notice['theme'] = 'success'): void {
  last += 1
  notices.value = [...notices.value.slice(-1), { id: last, theme, says }]
}

export function putAway(id?: number): void {
  notices.value = id === undefined ? [] : notices.value.filter((notice) => notice.id !== id)
}

export const Notices = defineComponent({
  name: 'Notices',
  setup: () => () => (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, theme, says }) => (
        <div key={id} class={`notice notice-${theme}`}>
          <Alert theme={theme} message={says} />
          <button
            type="button"
            class="quiet"
            aria-label={t('收起这条消息', 'Put this message away')}
            onClick={() => putAway(id)}
          >
            ×
          </button>
        </div>
      ))}
    </div>
  ),
})
