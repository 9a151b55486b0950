import type { Operations } from '@kaimen/server'
import { phones, type PhoneName } from './page/wire.ts'
import type { Recorder } from './recorder.ts'

/** Each as the emulator takes it. */
const faults: Readonly<Record<string, object>> = {
  down: { fault: 'status', status: 502 },
  busy: { fault: 'errcode', errcode: -1 },
  rate: { fault: 'errcode', errcode: 45011 },
  secret: { fault: 'errcode', errcode: 40125 },
  slow: { fault: 'delay', delay_ms: 2_000 },
  hang: { fault: 'hang' },
  reset: { fault: 'reset' },
}

export interface ActParts {
  readonly emulatorUrl: string
  readonly recorder: Recorder
  readonly sessions: Operations['sessions']
  /** Where a phone's WeChat is. */
  readonly wechatOf: (phone: PhoneName) => string
  /** Whom the server last signed in on a phone. */
  readonly userOf: (phone: PhoneName) => string | undefined
  /** Lets the server's clock go as far ahead as WeChat's. */
  readonly age: (seconds: number) => void
}

export type Acted =
  | { readonly outcome: 'done' | 'nobody' | 'failed' }
  | { readonly outcome: 'scanned'; readonly appid: string; readonly page: string; scene: string }

type Asked = Readonly<Record<string, unknown>>

/** What the buttons of the stage do, by name. */
const acts: Readonly<Record<string, (parts: ActParts, asked: Asked) => Promise<Acted>>> = {
  async age({ emulatorUrl, age }, { seconds }) {
    const advance_seconds = Number(seconds)
    if (!(await ask(emulatorUrl, 'POST', 'clock', { advance_seconds })).ok) return failed
    age(advance_seconds)
    return done
  },

  /** Another login of the person's, of which the server hears nothing. */
  async rotate({ emulatorUrl }, { appid, person }) {
    const turn = (session_key_rotation: string) =>
      ask(emulatorUrl, 'PATCH', `apps/${String(appid)}`, { session_key_rotation })
    await turn('always')
    const { ok } = await ask(emulatorUrl, 'POST', 'wx/login', { appid, person })
    await turn('interval')
    return ok ? done : failed
  },

  async break({ emulatorUrl }, { fault }) {
    await ask(emulatorUrl, 'DELETE', 'faults')
    const chosen = faults[String(fault)]
    if (chosen === undefined) return failed
    return report(await ask(emulatorUrl, 'POST', 'faults', { path: '*', ...chosen }))
  },

  async mend({ emulatorUrl }) {
    return report(await ask(emulatorUrl, 'DELETE', 'faults'))
  },

  async end({ sessions, userOf }, { phone }) {
    const user_id = isPhone(phone) ? userOf(phone) : undefined
    if (user_id === undefined) return { outcome: 'nobody' }
    return (await sessions.endAll({ user_id })) === 'ended' ? done : { outcome: 'nobody' }
  },

  async clear({ recorder }) {
    recorder.clear()
    return done
  },

  async scan({ wechatOf }, { phone, person, image }) {
    if (!isPhone(phone)) return failed
    const reply = await ask(wechatOf(phone), 'POST', 'scan', { image, person })
    if (!reply.ok) return failed
    const found = (await reply.json()) as { appid: string; page: string; scene: string }
    return { outcome: 'scanned', ...found }
  },
}

const done: Acted = { outcome: 'done' }
const failed: Acted = { outcome: 'failed' }

/** @returns `undefined`: there is no such act. */
export async function act(parts: ActParts, asked: Asked): Promise<Acted | undefined> {
  const name = String(asked['act'])
  return Object.hasOwn(acts, name) ? acts[name]?.(parts, asked) : undefined
}

const report = ({ ok }: Response) => (ok ? done : failed)

const isPhone = (name: unknown): name is PhoneName => phones.some((phone) => phone === name)

const ask = (url: string, method: string, path: string, body: object = {}) =>
  fetch(`${url}/emulator/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
