import { make } from '../dom.ts'
import type { BuiltIn } from './control.ts'

/** https://developers.weixin.qq.com/miniprogram/dev/component/image.html */
export const image: BuiltIn = {
  properties: { src: '', mode: 'scaleToFill', lazyLoad: false, showMenuByLongpress: false },
  mount({ element, host, read, trigger }) {
    const picture = make('img', { alt: '', draggable: 'false' })
    picture.addEventListener('load', () => {
      const { naturalWidth, naturalHeight } = picture as HTMLImageElement
      const mode = read('mode', '')
      if (mode === 'widthFix' && naturalWidth > 0)
        element.style.height = `${(element.clientWidth * naturalHeight) / naturalWidth}px`
      if (mode === 'heightFix' && naturalHeight > 0)
        element.style.width = `${(element.clientHeight * naturalWidth) / naturalHeight}px`
      trigger('load', { width: naturalWidth, height: naturalHeight })
    })
    picture.addEventListener('error', () => {
      const errMsg = `GET ${read('src', '')} fail`
      trigger('error', { errMsg })
    })
    let shown = ''
    return () => {
      element.setAttribute('mode', read('mode', 'scaleToFill'))
      const source = read('src', '')
      if (source === shown) return
      shown = source
      if (source === '') picture.remove()
      else {
        picture.setAttribute('src', host.locateFile(source))
        element.append(picture)
      }
    }
  },
}
