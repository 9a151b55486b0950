import { act } from './act.ts'
import { choose } from './choose.ts'
import { inBoth, inEither, make, makeButton } from './dom.ts'
import type { PhoneFrame } from './phone-frame.ts'
import type { Words } from './wire.ts'
import { actors, faults, notices, spans, words } from './words.ts'

/** The buttons that change the world. */
export function drawToolbar(
  frames: readonly PhoneFrame[],
  say: (notice: Words) => void,
  toggleDesktop: () => boolean,
): HTMLElement {
  const span = choose(
    words.howLong,
    spans.map(({ seconds, name }) => [String(seconds), name]),
  )
  const fault = choose(
    words.howBroken,
    faults.map(({ id, name }) => [id, name]),
  )
  const phone = choose(
    words.ofPhone,
    frames.map(({ name }) => [name, actors[name]]),
  )
  const chosen = () => frames.find(({ name }) => name === phone.value) ?? frames[0]

  async function run(name: string, more: object, done: Words) {
    const { outcome } = await act(name, more)
    say(outcome === 'done' ? done : outcome === 'nobody' ? notices.nobody : notices.failed)
    return outcome === 'done'
  }

  const breaking = makeButton('break', words.break, () => {
    const isBroken = breaking.getAttribute('aria-pressed') === 'true'
    const request = isBroken
      ? run('mend', {}, notices.mended)
      : run('break', { fault: fault.value }, notices.broken)
    void request.then((done) => {
      if (!done) return
      breaking.setAttribute('aria-pressed', String(!isBroken))
      breaking.replaceChildren(...inBoth(isBroken ? words.break : words.mend))
    })
  })
  breaking.setAttribute('aria-pressed', 'false')
  const desktop = makeButton('desktop-toggle', words.desktop, () =>
    desktop.setAttribute('aria-expanded', String(toggleDesktop())),
  )
  desktop.setAttribute('aria-expanded', 'false')

  return make(
    'div.toolbar',
    { role: 'group', 'aria-label': inEither(words.acts) },
    pair(
      makeButton(
        'age',
        words.age,
        () => void run('age', { seconds: Number(span.value) }, notices.aged),
      ),
      span,
    ),
    pair(breaking, fault),
    pair(
      makeButton('rotate', words.rotate, () => {
        const frame = chosen()
        const who = { appid: frame?.appid(), person: frame?.person() }
        void run('rotate', who, notices.rotated)
      }),
      makeButton('end', words.end, () => {
        void run('end', { phone: chosen()?.name }, notices.ended)
      }),
      phone,
    ),
    desktop,
    makeButton('clear', words.clear, () => void act('clear')),
  )
}

const pair = (...parts: readonly HTMLElement[]) => make('div.pair', {}, ...parts)
