import { make } from '../dom.ts'
import type { BuiltIn } from './control.ts'

/** https://developers.weixin.qq.com/miniprogram/dev/component/swiper.html */
export const swiper: BuiltIn = {
  properties: {
    indicatorDots: false,
    current: 0,
    autoplay: false,
    interval: 5000,
    vertical: false,
    circular: false,
  },
  mount({ element, read, trigger, write }) {
    const dots = make('i.kp-dots', { 'aria-hidden': 'true' })
    let current = -1
    const size = () => (read('vertical', false) ? element.clientHeight : element.clientWidth)
    element.addEventListener('scroll', () => {
      const offset = read('vertical', false) ? element.scrollTop : element.scrollLeft
      const next = size() > 0 ? Math.round(offset / size()) : 0
      if (next === current) return
      current = next
      write('current', next)
      trigger('change', { current: next, source: 'touch' })
    })
    return () => {
      element.toggleAttribute('vertical', read('vertical', false))
      const wanted = read('current', 0)
      if (wanted !== current) {
        current = wanted
        element.scrollTo?.({ [read('vertical', false) ? 'top' : 'left']: wanted * size() })
      }
      if (!read('indicatorDots', false)) return dots.remove()
      const items = element.querySelectorAll('wx-swiper-item').length
      dots.replaceChildren(
        ...Array.from({ length: items }, (_, index) => make(index === wanted ? 'b.kp-on' : 'b')),
      )
      element.append(dots)
    }
  },
}
