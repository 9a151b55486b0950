import { make } from '../dom.ts'
import { makeFocusable, type BuiltIn } from './control.ts'
import { resetFormAround, submitFormAround } from './form.ts'
import { followTouch } from './hover.ts'

/** https://developers.weixin.qq.com/miniprogram/dev/component/button.html */
export const button: BuiltIn = {
  properties: {
    size: 'default',
    type: 'default',
    plain: false,
    disabled: false,
    loading: false,
    formType: '',
    openType: '',
    hoverClass: 'button-hover',
    phoneNumberNoQuotaToast: true,
    name: '',
  },
  mount(control) {
    const { element, host, onTap, read, trigger } = control
    const spinner = make('i.kp-spinner', { 'aria-hidden': 'true' })
    const allow = makeFocusable(control, 'button')
    followTouch(control)
    onTap(() => {
      const formType = read('formType', '')
      if (formType === 'submit') submitFormAround(element)
      if (formType === 'reset') resetFormAround(element)
      const openType = read('openType', '')
      if (openType === '') return
      void host.openAbility(openType, control).then((event) => {
        if (event) trigger(event.name, event.detail)
      })
    })
    return () => {
      allow()
      element.setAttribute('type', read('type', 'default'))
      element.setAttribute('size', read('size', 'default'))
      element.toggleAttribute('plain', read('plain', false))
      const loading = read('loading', false)
      element.toggleAttribute('loading', loading)
      if (loading) element.prepend(spinner)
      else spinner.remove()
    }
  },
}
