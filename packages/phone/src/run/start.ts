import type { Program } from './program.ts'
import { make } from './dom.ts'
import { createPhone, type Phone } from './phone.ts'
import { device } from './screen/screen.ts'
import { sendThrough } from './send.ts'
import { openWechat, readWorld, type World } from './wechat.ts'

/** The page on which a phone is, in a browser: whose it is, and which app's, is in its address. */
const { base = '', emulator = '', appid: preset = '' } = document.body.dataset
const query = new URLSearchParams(location.search)
/** In a frame of another page the phone is all that there is. */
const isBare = query.has('bare')

const read = async (): Promise<Program> =>
  (await (await fetch(`${base}/program.json`)).json()) as Program

async function start(): Promise<void> {
  const world = await readWorld(emulator, fetch)
  const programs = world.apps.filter(({ kind }) => kind === 'mini_program')
  const known = (id: string | null) => programs.some(({ appid }) => appid === id)
  const asked = query.get('appid')
  const appid = [asked, preset].find(known) ?? programs[0]?.appid ?? ''
  const person = query.get('person') ?? world.people[0]?.id ?? ''
  const screen = make('div.kp-place')
  document.head.append(make('style', {}, styles))
  document.body.classList.toggle('bare', isBare)
  document.body.append(make('div.kp-phone', {}, screen))
  if (!isBare) document.body.append(drawTable(world, { appid, person }))
  fit(screen)
  window.addEventListener('resize', () => fit(screen))

  const phone = createPhone({
    program: await read(),
    place: screen,
    wechat: await openWechat(emulator, { appid, person }, fetch),
    send: sendThrough(`${base}/send`, fetch),
    shelf: localStorage,
    filesUrl: `${base}/files`,
    path: sessionStorage.getItem('path') ?? query.get('path') ?? undefined,
    ...(query.has('scene') && { scene: Number(query.get('scene')) }),
    ...(query.has('model') && { model: query.get('model') ?? '' }),
  })
  sessionStorage.removeItem('path')
  follow(phone)
  document.addEventListener('visibilitychange', () =>
    document.visibilityState === 'hidden' ? phone.hide() : phone.show(),
  )
  // For the page that this one is a frame of, such as one that scans for the person.
  window.addEventListener('message', ({ data, source, origin }: MessageEvent<unknown>) => {
    if (source !== window.parent || origin !== location.origin) return
    if (typeof data !== 'object' || data === null || !('enter' in data)) return
    phone.enter(String(data.enter), 'scene' in data ? Number(data.scene) : undefined)
  })
}

/** A new program starts where the person was; new styles are put on as they come. */
function follow(phone: Phone) {
  const events = new EventSource(`${base}/events`)
  events.addEventListener('styles', () => void read().then(({ styles }) => phone.restyle(styles)))
  events.addEventListener('program', () => {
    const page = phone.pages().at(-1)
    if (page) sessionStorage.setItem('path', `/${page.route}${writeQuery(page.options)}`)
    location.reload()
  })
}

function writeQuery(options: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(options).map(([name, value]) => `${name}=${value}`)
  return pairs.length > 0 ? `?${pairs.join('&')}` : ''
}

/** Smaller where the window is, so that the whole phone is seen. */
function fit(screen: HTMLElement) {
  const [frame, edge] = isBare ? [0, 0] : [28, 32]
  const room = Math.min(
    (window.innerHeight - edge) / (device.height + frame),
    (window.innerWidth - (isBare ? 0 : 16)) / (device.width + frame),
  )
  const phone = screen.parentElement
  if (phone) phone.style.zoom = String(isBare ? room : Math.min(1, Math.max(0.5, room)))
}

/** What lies beside the phone: whose it is, and which app the program is taken for. */
function drawTable({ people, apps }: World, chosen: { appid: string; person: string }) {
  const go = (name: string, value: string) => {
    query.set(name, value)
    location.search = query.toString()
  }
  const choose = (label: string, name: 'person' | 'appid', options: [string, string][]) => {
    const select = document.createElement('select')
    select.append(
      ...options.map(([value, words]) => new Option(words, value, false, value === chosen[name])),
    )
    select.addEventListener('change', () => go(name, select.value))
    return make('label', {}, label, select)
  }
  return make(
    'aside.kp-table',
    {},
    choose(
      '谁的手机 / Whose phone',
      'person',
      people.map(({ id, nickname, phone, country_code: country }) => [
        id,
        `${nickname} ${phone === null ? '' : `+${country} ${phone}`}`,
      ]),
    ),
    choose(
      '小程序的 AppID / AppID of the mini program',
      'appid',
      apps.filter(({ kind }) => kind === 'mini_program').map(({ appid }) => [appid, appid]),
    ),
    make('p', {}, '微信由模拟器扮演，不联网。保存文件，手机立刻更新。'),
    make('p', {}, 'WeChat is played by the emulator, offline. Save a file, and the phone follows.'),
  )
}

const styles = `
html, body { height: 100%; margin: 0; }
body { display: flex; flex-wrap: wrap; gap: 32px; align-items: center; justify-content: center; background: #e9ebee; font: 14px/1.6 system-ui, sans-serif; color: #222; }
.kp-place { position: relative; width: ${device.width}px; height: ${device.height}px; overflow: hidden; }
.kp-phone { position: relative; flex: none; padding: 14px; border-radius: 54px; background: #111; box-shadow: 0 12px 48px rgba(0,0,0,.3), inset 0 0 0 2px #444; }
.kp-phone .kp-place { border-radius: 40px; }
.kp-phone::after { content: ''; position: absolute; top: 14px; left: 50%; width: 160px; height: 28px; margin-left: -80px; border-radius: 0 0 18px 18px; background: #111; pointer-events: none; }
.bare { background: none; overflow: hidden; }
.bare .kp-phone { padding: 0; border-radius: 0; box-shadow: none; background: none; }
.bare .kp-phone::after { display: none; }
.bare .kp-place { border-radius: 0; }
.kp-table { width: 260px; }
.kp-table label { display: block; margin-bottom: 16px; font-weight: 600; }
.kp-table select { display: block; box-sizing: border-box; width: 100%; margin-top: 4px; padding: 8px; border: 1px solid #bbb; border-radius: 6px; background: #fff; font: inherit; font-weight: 400; }
.kp-table p { margin: 0 0 8px; color: #555; }
@media (max-width: 480px) { .kp-table { order: -1; width: calc(100% - 32px); margin-top: 16px; } }
`

start().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error)
  const words = [
    `手机没有开机：${reason}。请确认模拟器在 ${emulator} 运行，然后刷新。`,
    `The phone did not start: ${reason}. See that the emulator runs at ${emulator}, then reload.`,
  ]
  document.body.replaceChildren(...words.map((line) => make('p', {}, line)))
})
