import { expect } from 'vitest'
import { openAppId, type Reply, type SendOptions, type SignedInBody, type World } from './world.ts'

const windowsChrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36'

export const home = 'http://kaimen.test'

/** A browser with a page of ours, that keeps its cookies. */
export type Screen = {
  readonly cookies: Map<string, string>
  send(method: string, path: string, options?: SendOptions): Promise<Reply>
  /** Asks for a code. */
  begin(options?: SendOptions): Promise<Scanned>
  look(id: string): Promise<Reply>
}

/** A scan as the page knows it, and as a phone reads it from the picture. */
export type Scanned = { readonly id: string; readonly ticket: string }

export function openScreen(world: World, { address }: { address?: string } = {}): Screen {
  const cookies = new Map<string, string>()
  const screen: Screen = {
    cookies,
    async send(method, path, { headers = {}, ...options } = {}) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const reply = await world.send(method, path, {
        ...(address !== undefined && { address }),
        ...options,
        headers: {
          origin: home,
          'user-agent': windowsChrome,
          ...(cookie !== '' && { cookie }),
          ...headers,
        },
      })
      keepCookies(cookies, reply.headers)
      return reply
    },
    async begin(options) {
      const reply = await screen.send('POST', '/v1/scan', { json: {}, ...options })
      expect([reply.status, reply.text]).toEqual([201, reply.text])
      const { id, qr_url } = reply.body as { id: string; qr_url: string }
      expect(qr_url).toBe(`${home}/v1/scan/${id}/qr`)
      return { id, ticket: await readPicture(world, screen, id) }
    },
    look: (id) => screen.send('GET', `/v1/scan/${id}`),
  }
  return screen
}

function keepCookies(cookies: Map<string, string>, headers: Headers) {
  for (const line of headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (line.includes('Max-Age=0')) cookies.delete(name)
    else cookies.set(name, value)
  }
}

/** What the emulator’s camera reads in the picture that the page shows. */
async function readPicture(world: World, { cookies }: Screen, id: string): Promise<string> {
  const browser = `kaimen-browser=${cookies.get('kaimen-browser') ?? ''}`
  const request = new Request(`${home}/v1/scan/${id}/qr`, { headers: { cookie: browser } })
  const picture = await world.auth.handler(request)
  expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
  const image = Buffer.from(await picture.arrayBuffer()).toString('base64')
  const { people } = await world.control('GET', '/emulator/world')
  const [{ id: person } = { id: '' }] = people as { id: string }[]
  const read = await world.control('POST', '/emulator/scan', { image, person })
  expect(read).toMatchObject({ appid: openAppId, page: 'pages/confirm/confirm' })
  return String(read['scene'])
}

/** A phone that is signed in to the mini program. */
export function openPhone(world: World, { access_token: token }: SignedInBody) {
  const post = (act: string) => (ticket: string) =>
    world.send('POST', `/v1/scan/${act}`, { json: { ticket }, token })
  return {
    claim: post('claim'),
    approve: post('approve'),
    reject: post('reject'),
    signOut: () => world.send('POST', '/v1/revoke', { json: { token } }),
  }
}

export type Phone = ReturnType<typeof openPhone>
