import type { Columns } from '../built-in/control.ts'
import type { Clock } from '../clock.ts'
import { make, makeButton } from '../dom.ts'

/** What WeChat itself shows over a page; each question waits for the person's answer. */
export interface Dialogs {
  readonly showToast: (toast: Toast) => void
  readonly showLoading: (title: string, mask: boolean) => void
  readonly hideToast: () => void
  readonly ask: (modal: Modal) => Promise<{ confirm: boolean; content: string }>
  /** Resolves with the index; undefined when the person thinks better of it. */
  readonly choose: (
    items: readonly string[],
    options?: ChooseOptions,
  ) => Promise<number | undefined>
  readonly pick: (columns: Columns, chosen: readonly number[]) => Promise<number[] | undefined>
  /** A half-screen question of WeChat's, as that for the phone number. */
  readonly askSheet: (sheet: Sheet) => Promise<boolean>
  /** A page of text over everything. */
  readonly read: (title: string, paragraphs: readonly string[]) => Promise<void>
  /** A text that the person types, or a picture that they choose. */
  readonly scan: () => Promise<{ text: string } | { picture: Blob } | undefined>
  /** A picture from the machine that the phone runs on. */
  readonly takePicture: () => Promise<Blob | undefined>
  /** Nobody is left to answer: all questions end as if the person had thought better of them. */
  readonly closeAll: () => void
}

interface Toast {
  readonly title: string
  readonly icon: 'success' | 'error' | 'fail' | 'exception' | 'loading' | 'none'
  /** A picture in place of the icon. */
  readonly image?: string
  readonly durationMs: number
  readonly mask: boolean
}

interface Modal {
  readonly title: string
  readonly content: string
  readonly showCancel: boolean
  readonly cancelText: string
  readonly confirmText: string
  readonly cancelColor: string
  readonly confirmColor: string
  readonly editable: boolean
  readonly placeholderText: string
}

interface ChooseOptions {
  readonly title?: string
  readonly color?: string
}

interface Sheet {
  readonly title: string
  readonly lines: readonly string[]
  /** What the person would give: shown as a choice that is made. */
  readonly subject?: string
  readonly allow: string
  readonly refuse: string
}

const icons: Readonly<Record<Toast['icon'], string>> = {
  success: '✓',
  error: '✕',
  fail: '✕',
  exception: '!',
  loading: '',
  none: '',
}

export function prepareDialogs(layer: HTMLElement, clock: Clock): Dialogs {
  let endToast = () => {}
  const open = new Set<() => void>()

  /** Shows it until `close` is called, which answers. */
  function show<Answer>(
    draw: (close: (answer: Answer) => void) => HTMLElement,
    otherwise: Answer,
  ): Promise<Answer> {
    return new Promise((resolve) => {
      const before = document.activeElement
      const close = (answer: Answer) => {
        element.remove()
        open.delete(abandon)
        if (before instanceof HTMLElement) before.focus({ preventScroll: true })
        resolve(answer)
      }
      const abandon = () => close(otherwise)
      const element = draw(close)
      element.addEventListener('keydown', (event) => {
        if (event.key === 'Escape') abandon()
      })
      open.add(abandon)
      layer.append(element)
      const first = element.querySelector('[data-first]') ?? element.querySelector('input,button')
      if (first instanceof HTMLElement) first.focus({ preventScroll: true })
    })
  }

  function put(element: HTMLElement, durationMs: number | undefined) {
    endToast()
    layer.append(element)
    const cancel = durationMs === undefined ? undefined : clock.after(durationMs, () => endToast())
    endToast = () => {
      cancel?.()
      element.remove()
    }
  }

  const bottom = (close: () => void, label: string, ...children: HTMLElement[]) => {
    const shade = make('div.kp-shade')
    shade.addEventListener('click', close)
    const attributes = { role: 'dialog', 'aria-modal': 'true', 'aria-label': label }
    return make('div.kp-dialog', {}, shade, make('div.kp-sheet', attributes, ...children))
  }

  return {
    showToast({ title, icon, image, durationMs, mask }) {
      const sign = image
        ? [make('img.kp-toast-icon', { src: image, alt: '' })]
        : icon === 'loading'
          ? [make('i.kp-spinner.kp-big')]
          : icons[icon]
            ? [make('i.kp-toast-icon', { 'aria-hidden': 'true' }, icons[icon])]
            : []
      const kind = sign.length > 0 ? 'div.kp-toast.kp-square' : 'div.kp-toast'
      const toast = make(kind, { role: 'status' }, ...sign, make('p', {}, title))
      put(mask ? make('div.kp-mask', {}, toast) : toast, durationMs)
    },
    showLoading(title, mask) {
      const spinner = make('i.kp-spinner.kp-big')
      const toast = make(
        'div.kp-toast.kp-square',
        { role: 'status' },
        spinner,
        make('p', {}, title),
      )
      put(mask ? make('div.kp-mask', {}, toast) : toast, undefined)
    },
    hideToast: () => endToast(),

    ask: (modal) =>
      show<{ confirm: boolean; content: string }>(
        (close) => {
          const field = document.createElement('input')
          field.value = modal.editable ? modal.content : ''
          field.placeholder = modal.placeholderText
          const answer = (confirm: boolean) => () =>
            close({ confirm, content: confirm && modal.editable ? field.value : '' })
          const confirm = makeButton('kp-confirm', modal.confirmText, answer(true))
          confirm.style.color = modal.confirmColor
          confirm.dataset['first'] = ''
          const cancel = makeButton('kp-cancel', modal.cancelText, answer(false))
          cancel.style.color = modal.cancelColor
          const body = modal.editable ? field : make('div.kp-modal-text', {}, modal.content)
          return make(
            'div.kp-dialog.kp-center',
            {},
            make('div.kp-shade'),
            make(
              'div.kp-modal',
              { role: 'alertdialog', 'aria-modal': 'true', 'aria-label': modal.title },
              ...(modal.title ? [make('strong', {}, modal.title)] : []),
              ...(modal.content || modal.editable ? [body] : []),
              make('div.kp-modal-buttons', {}, ...(modal.showCancel ? [cancel] : []), confirm),
            ),
          )
        },
        { confirm: false, content: '' },
      ),

    choose: (items, { title = '', color = '#000' } = {}) =>
      show<number | undefined>(
        (close) =>
          bottom(
            () => close(undefined),
            title || '请选择',
            ...(title ? [make('div.kp-sheet-title', {}, title)] : []),
            ...items.map((item, index) => {
              const button = makeButton('kp-item', item, () => close(index))
              button.style.color = color
              return button
            }),
            makeButton('kp-item.kp-last', '取消', () => close(undefined)),
          ),
        undefined,
      ),

    pick: (columns, chosen) =>
      show<number[] | undefined>((close) => {
        let picked = columns(chosen).map((_, index) => chosen[index] ?? 0)
        const wheels = make('div.kp-wheels')
        const draw = () => {
          const lists = columns(picked)
          picked = picked.map((each, index) =>
            Math.max(0, Math.min(each, (lists[index]?.length ?? 1) - 1)),
          )
          wheels.replaceChildren(...lists.map(drawWheel))
        }
        const drawWheel = (words: readonly string[], column: number) => {
          const wheel = document.createElement('select')
          wheel.size = 5
          wheel.append(...words.map((word, index) => new Option(word, String(index))))
          wheel.selectedIndex = picked[column] ?? 0
          wheel.addEventListener('change', () => {
            picked = picked.map((each, index) => (index === column ? wheel.selectedIndex : each))
            const lists = columns(picked)
            if (
              lists.some(
                (list, index) => list.length !== wheels.querySelectorAll('select')[index]?.length,
              )
            )
              draw()
          })
          return wheel
        }
        draw()
        return bottom(
          () => close(undefined),
          '请选择',
          make(
            'div.kp-picker-head',
            {},
            makeButton('kp-cancel', '取消', () => close(undefined)),
            makeButton('kp-confirm', '确定', () => close(picked)),
          ),
          wheels,
        )
      }, undefined),

    askSheet: ({ title, lines, subject, allow, refuse }) =>
      show<boolean>((close) => {
        const yes = makeButton('kp-allow', allow, () => close(true))
        yes.dataset['first'] = ''
        return bottom(
          () => close(false),
          title,
          make('strong.kp-ask-title', {}, title),
          ...lines.map((line) => make('p.kp-ask-line', {}, line)),
          ...(subject ? [make('div.kp-ask-subject', {}, subject, make('i', {}, '✓'))] : []),
          make(
            'div.kp-ask-buttons',
            {},
            makeButton('kp-refuse', refuse, () => close(false)),
            yes,
          ),
        )
      }, false),

    read: (title, paragraphs) =>
      show<undefined>(
        (close) =>
          make(
            'div.kp-reader',
            { role: 'dialog', 'aria-modal': 'true', 'aria-label': title },
            make(
              'div.kp-reader-head',
              {},
              makeButton('kp-back', '', () => close(undefined)),
              make('strong', {}, title),
            ),
            make('div.kp-reader-text', {}, ...paragraphs.map((text) => make('p', {}, text))),
          ),
        undefined,
      ),

    scan: () =>
      show<{ text: string } | { picture: Blob } | undefined>((close) => {
        const text = document.createElement('input')
        text.placeholder = '二维码的内容'
        const picture = makeFileInput((file) => close({ picture: file }))
        return bottom(
          () => close(undefined),
          '扫一扫',
          make('strong.kp-ask-title', {}, '扫一扫'),
          make('p.kp-ask-line', {}, '选一张有码的图片，或写下二维码的内容。'),
          make('label.kp-item.kp-file', {}, '从相册选择', picture),
          text,
          make(
            'div.kp-ask-buttons',
            {},
            makeButton('kp-refuse', '取消', () => close(undefined)),
            makeButton('kp-allow', '完成', () =>
              close(text.value ? { text: text.value } : undefined),
            ),
          ),
        )
      }, undefined),

    takePicture: () =>
      show<Blob | undefined>(
        (close) =>
          bottom(
            () => close(undefined),
            '照片',
            make('label.kp-item.kp-file', {}, '选择一张图片', makeFileInput(close)),
            makeButton('kp-item.kp-last', '取消', () => close(undefined)),
          ),
        undefined,
      ),

    closeAll() {
      for (const abandon of Array.from(open)) abandon()
      endToast()
    },
  }
}

function makeFileInput(take: (file: File) => void): HTMLElement {
  const input = document.createElement('input')
  input.type = 'file'
  input.accept = 'image/*'
  input.addEventListener('change', () => {
    const [file] = input.files ?? []
    if (file) take(file)
  })
  return input
}
