import { WxFailure } from './wx/api.ts'

/** A person who holds a phone, as the emulator has them. */
export interface Person {
  readonly id: string
  readonly nickname: string
  /** Without the country code; null where none is bound. */
  readonly phone: string | null
  readonly country_code: string | null
}

export interface World {
  readonly apps: readonly { readonly kind: string; readonly appid: string }[]
  readonly people: readonly Person[]
}

/** What the phone asks of the emulator, for one person in one mini program. */
export interface Wechat {
  readonly appid: string
  readonly person: Person
  login(): Promise<string>
  checkSession(): Promise<void>
  getPhoneNumber(realtime: boolean): Promise<Record<string, unknown>>
  getUserInfo(): Promise<Record<string, unknown>>
  /** What a mini-program code in a picture leads to. */
  scan(image: string): Promise<{ appid: string; page: string; scene: string }>
}

/**
 * @param url Of the emulator, without a slash at its end.
 * @throws {Error} There is no such person.
 */
export async function openWechat(
  url: string,
  { appid, person: id }: { appid: string; person: string },
  fetch: typeof globalThis.fetch,
): Promise<Wechat> {
  const world = await readWorld(url, fetch)
  const person = world.people.find((each) => each.id === id)
  if (!person) throw new Error(`The emulator knows nobody with the id ${id}.`)
  const who = { appid, person: id }

  async function call(path: string, body: object): Promise<Record<string, unknown>> {
    const reply = await fetch(`${url}/emulator/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).catch(() => {
      throw new WxFailure('network: the emulator does not answer', 600001)
    })
    const answer = (await reply.json()) as Record<string, unknown>
    if (reply.ok) return answer
    const { message } = (answer['error'] ?? {}) as { message?: string }
    throw new WxFailure(message ?? 'the emulator failed')
  }

  /** Of an API that failed on the phone: its own words, and number. */
  async function ask(name: string): Promise<Record<string, unknown>> {
    const answer = await call(`wx/${name}`, who)
    const { errMsg = '' } = answer as { errMsg?: string }
    if (errMsg.endsWith(':ok')) return answer
    const { errno } = answer
    throw new WxFailure(
      errMsg.replace(/^\w+:fail ?/, ''),
      typeof errno === 'number' ? errno : undefined,
    )
  }

  return {
    appid,
    person,
    login: async () => String((await ask('login'))['code']),
    checkSession: async () => void (await ask('checkSession')),
    getPhoneNumber: (realtime) => call('wx/getPhoneNumber', { ...who, realtime }),
    getUserInfo: () => ask('getUserInfo'),
    async scan(image) {
      const { appid: of, page, scene } = await call('scan', { image, person: id })
      return { appid: String(of), page: String(page), scene: String(scene) }
    },
  }
}

export async function readWorld(url: string, fetch: typeof globalThis.fetch): Promise<World> {
  const reply = await fetch(`${url}/emulator/world`)
  return (await reply.json()) as World
}
