import { drawDesktop } from './desktop-panel.ts'
import { drawDiagram } from './diagram.ts'
import { inBoth, inEither, isChinese, make, makeButton } from './dom.ts'
import { drawPhone, type PhoneFrame } from './phone-frame.ts'
import { drawToolbar } from './toolbar.ts'
import { phones, type Arrow, type Setting, type Words } from './wire.ts'
import { actors, words } from './words.ts'

const setting = JSON.parse(document.body.dataset['setting'] ?? '') as Setting
document.documentElement.lang =
  localStorage.getItem('stage:language') ?? document.documentElement.lang

const frames = phones.map((name) => drawPhone(name, setting))
const diagram = drawDiagram()
const notice = make('div.notice', { role: 'status' })
const views = make('nav.views', { 'aria-label': inEither(words.views) })

const noticeMs = 6_000
let hushing: ReturnType<typeof setTimeout> | undefined
function say(what: Words) {
  clearTimeout(hushing)
  notice.replaceChildren(...inBoth(what))
  hushing = setTimeout(() => notice.replaceChildren(), noticeMs)
}

/** On a narrow screen there is room for one. */
function look(view: string) {
  document.body.dataset['view'] = view
  for (const button of views.querySelectorAll('button'))
    button.setAttribute('aria-pressed', String(button.dataset['view'] === view))
}

function drawViews() {
  const named = [
    [phones[0], actors['phone-1']],
    ['messages', words.messages],
    [phones[1], actors['phone-2']],
  ] as const
  for (const [view, name] of named) {
    const button = makeButton('view', name, () => look(view))
    button.dataset['view'] = view
    views.append(button)
  }
  look(phones[0])
}

function drawHead(): HTMLElement {
  const link = (what: Words, href: string) =>
    make('a', { href, target: '_blank', rel: 'noreferrer' }, ...inBoth(what))
  return make(
    'header',
    {},
    make('h1', {}, '开门 ', make('span', {}, 'Kaimen')),
    make('p', {}, ...inBoth(words.tagline), make('small', {}, ...inBoth(words.offline))),
    make(
      'nav',
      {},
      link(words.sms, `${setting.emulatorUrl}/emulator/sms`),
      link(words.world, `${setting.emulatorUrl}/emulator/world`),
      link(words.document, '/openapi.json'),
      link(words.console, '/console'),
      makeButton('language', words.other, () => {
        document.documentElement.lang = isChinese() ? 'en' : 'zh-CN'
        localStorage.setItem('stage:language', document.documentElement.lang)
        document.dispatchEvent(new Event('language'))
      }),
    ),
  )
}

const desktop = drawDesktop(frames, say, ({ name }: PhoneFrame) => look(name))
const toolbar = drawToolbar(frames, say, desktop.toggle)
const messages = make(
  'section.messages',
  {
    id: 'messages',
    'data-view': 'messages',
    tabindex: '-1',
    'aria-label': inEither(words.messages),
  },
  toolbar,
  diagram.element,
  desktop.element,
)
const [first, second] = frames.map(({ element }) => element)
drawViews()
document.body.append(
  make('a.skip', { href: '#messages' }, ...inBoth(words.skip)),
  drawHead(),
  views,
  make('main', {}, first ?? '', messages, second ?? ''),
  notice,
)

const events = new EventSource('/stage/events')
const read = ({ data }: MessageEvent<unknown>): unknown => JSON.parse(String(data))
events.addEventListener('all', (event) => diagram.show(read(event) as Arrow[]))
events.addEventListener('arrow', (event) => diagram.add(read(event) as Arrow))
events.addEventListener('error', () => say(words.lost))
