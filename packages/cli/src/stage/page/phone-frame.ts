import { choose } from './choose.ts'
import { inBoth, inEither, make } from './dom.ts'
import { phones, type PhoneName, type Setting, type Words } from './wire.ts'
import { actors, words } from './words.ts'

export interface PhoneFrame {
  readonly element: HTMLElement
  readonly name: PhoneName
  person(): string
  appid(): string
  /** Opens a page of the mini program, by a code that was scanned. */
  enter(appid: string, url: string): void
}

/** Scene 1047: a mini-program code was scanned. */
const scannedScene = 1047

/** A phone, whose it is, and which mini program is on it. */
export function drawPhone(name: PhoneName, setting: Setting): PhoneFrame {
  const index = phones.indexOf(name)
  const people = choose(
    words.whose,
    setting.people.map(({ id, nickname }) => [id, { zh: nickname, en: nickname }]),
    remember(name, 'person') ?? setting.people[index]?.id,
  )
  const programs = choose(
    words.program,
    setting.programs.map(({ appid, wantsPhone }) => [appid, nameProgram(appid, wantsPhone)]),
    remember(name, 'appid') ?? setting.programs[0]?.appid,
  )
  const device = make('div.device')
  let frame: HTMLIFrameElement | undefined

  function start(more: Readonly<Record<string, string>> = {}) {
    localStorage.setItem(`stage:${name}:person`, people.value)
    localStorage.setItem(`stage:${name}:appid`, programs.value)
    if (setting.program === null) return
    const query = new URLSearchParams({ person: people.value, appid: programs.value, ...more })
    // A new frame: the history of the page is not the phone's.
    frame = document.createElement('iframe')
    frame.title = inEither(actors[name])
    frame.src = `/stage/${name}/?bare&${query.toString()}`
    device.replaceChildren(frame)
  }
  people.addEventListener('change', () => start())
  programs.addEventListener('change', () => start())
  if (setting.program === null)
    device.append(
      make(
        'div.no-program',
        {},
        make('strong', {}, ...inBoth(words.noProgram)),
        make('p', {}, ...inBoth(words.noProgramNext)),
      ),
    )
  start()

  return {
    name,
    element: make(
      'section.phone',
      { id: name, 'data-view': name, 'aria-label': inEither(actors[name]) },
      make('div.phone-head', {}, make('h2', {}, ...inBoth(actors[name])), people, programs),
      device,
    ),
    person: () => people.value,
    appid: () => programs.value,
    enter(appid, url) {
      if (appid === programs.value) {
        frame?.contentWindow?.postMessage({ enter: url, scene: scannedScene }, location.origin)
        return
      }
      programs.value = appid
      start({ path: url, scene: String(scannedScene) })
    },
  }
}

const remember = (name: PhoneName, what: string) =>
  localStorage.getItem(`stage:${name}:${what}`) ?? undefined

/** By what it asks of people who are new, and the end of its AppID. */
function nameProgram(appid: string, wantsPhone: boolean): Words {
  const { zh, en } = wantsPhone ? words.phoneProgram : words.openProgram
  const end = appid.slice(-4)
  return { zh: `${zh} · ${end}`, en: `${en} · ${end}` }
}
