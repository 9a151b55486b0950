import { act } from './act.ts'
import { inBoth, inEither, make, makeButton } from './dom.ts'
import type { PhoneFrame } from './phone-frame.ts'
import type { Words } from './wire.ts'
import { notices, words } from './words.ts'

/** The page on a computer, and the phones that may scan its code. */
export function drawDesktop(
  frames: readonly PhoneFrame[],
  say: (notice: Words) => void,
  look: (frame: PhoneFrame) => void,
): { readonly element: HTMLElement; toggle(): boolean } {
  const frame = document.createElement('iframe')
  frame.title = inEither(words.desktop)

  async function scan(phone: PhoneFrame) {
    const image = await readCode(frame)
    if (image === undefined) return say(notices.noCode)
    const found = await act('scan', { phone: phone.name, person: phone.person(), image })
    if (found.outcome !== 'scanned') return say(notices.failed)
    const { appid = '', page = '', scene = '' } = found
    phone.enter(appid, `/${page}?scene=${encodeURIComponent(scene)}`)
    say(notices.scanned)
    look(phone)
  }

  const buttons = frames.map((phone, index) =>
    makeButton('scan', index === 0 ? words.scanBy1 : words.scanBy2, () => void scan(phone)),
  )
  const bar = make(
    'div.browser-bar',
    {},
    make('span.dots', { 'aria-hidden': 'true' }),
    make('span.address', {}, `${location.host}/stage/desktop`),
    ...buttons,
  )
  const about = make('p.unseen', {}, ...inBoth(words.desktopAbout))
  const element = make('section.desktop-panel', { hidden: '' }, about, bar, frame)
  return {
    element,
    toggle() {
      element.hidden = !element.hidden
      if (!element.hidden) frame.src = '/stage/desktop'
      else frame.removeAttribute('src')
      return !element.hidden
    },
  }
}

/** The picture of the code as somebody sees it: the page is of this origin. */
async function readCode({ contentDocument }: HTMLIFrameElement): Promise<string | undefined> {
  const host = contentDocument?.querySelector('#code > div')
  const picture = host?.shadowRoot?.querySelector('img')
  await picture?.decode().catch(() => {})
  if (!picture || picture.naturalWidth === 0) return undefined
  const canvas = document.createElement('canvas')
  canvas.width = picture.naturalWidth
  canvas.height = picture.naturalHeight
  canvas.getContext('2d')?.drawImage(picture, 0, 0)
  return canvas.toDataURL('image/png')
}
