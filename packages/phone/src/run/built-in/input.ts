import { make } from '../dom.ts'
import type { BuiltIn, Control } from './control.ts'
import { offerControl, submitFormAround } from './form.ts'

const shared = {
  value: '',
  placeholder: '',
  placeholderClass: '',
  placeholderStyle: '',
  disabled: false,
  maxlength: 140,
  focus: false,
  autoFocus: false,
  name: '',
}

/** https://developers.weixin.qq.com/miniprogram/dev/component/input.html */
export const input: BuiltIn = {
  properties: { ...shared, type: 'text', password: false, confirmType: 'done' },
  mount(control) {
    const { element, host, read, trigger } = control
    const box = document.createElement('input')
    const update = mountBox(control, box)
    const bar = make('button.kp-nickname-bar', { type: 'button' })
    box.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.isComposing) return
      trigger('confirm', { value: box.value })
      submitFormAround(element)
    })
    box.addEventListener('focus', () => {
      if (read('type', '') !== 'nickname') return
      void host.offerNickname().then((nickname) => {
        // The person may have left the field while the consent was asked for.
        if (nickname === undefined || document.activeElement !== box) return
        bar.textContent = `使用微信昵称：${nickname}`
        bar.dataset['nickname'] = nickname
        element.append(bar)
      })
    })
    // Before the field loses the focus, and the bar with it.
    bar.addEventListener('pointerdown', (event) => {
      event.preventDefault()
      box.value = bar.dataset['nickname'] ?? ''
      box.dispatchEvent(new Event('input'))
      bar.remove()
    })
    box.addEventListener('blur', () => bar.remove())
    return () => {
      const type = read('type', 'text')
      box.type = read('password', false) || type === 'safe-password' ? 'password' : 'text'
      box.inputMode = keyboards[type] ?? 'text'
      box.autocomplete = 'off'
      update()
    }
  },
}

const keyboards: Readonly<Record<string, string>> = {
  number: 'numeric',
  idcard: 'text',
  digit: 'decimal',
}

/** https://developers.weixin.qq.com/miniprogram/dev/component/textarea.html */
export const textarea: BuiltIn = {
  properties: { ...shared, autoHeight: false, showConfirmBar: true },
  mount(control) {
    const box = document.createElement('textarea')
    const update = mountBox(control, box)
    return () => {
      update()
      if (!control.read('autoHeight', false)) return
      box.style.height = 'auto'
      box.style.height = `${box.scrollHeight}px`
    }
  },
}

function mountBox(control: Control, box: HTMLInputElement | HTMLTextAreaElement): () => void {
  const { element, read, trigger, write } = control
  element.append(box)
  let focused = false
  box.addEventListener('input', () => {
    write('value', box.value)
    trigger('input', { value: box.value, cursor: box.selectionStart ?? box.value.length })
  })
  box.addEventListener('focus', () => trigger('focus', { value: box.value, height: 0 }))
  box.addEventListener('blur', () => trigger('blur', { value: box.value }))
  offerControl(control, { value: () => box.value, reset: () => write('value', '') })
  return () => {
    const value = String(read<unknown>('value', ''))
    if (box.value !== value) box.value = value
    box.placeholder = read('placeholder', '')
    box.disabled = read('disabled', false)
    const maximum = read('maxlength', 140)
    if (maximum >= 0) box.maxLength = maximum
    else box.removeAttribute('maxlength')
    box.setAttribute('aria-label', read('ariaLabel', '') || read('placeholder', ''))
    const wanted = read('focus', false) || read('autoFocus', false)
    if (wanted && !focused) queueMicrotask(() => box.focus())
    focused = wanted
  }
}
