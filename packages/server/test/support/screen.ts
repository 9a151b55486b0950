import { expect } from 'vitest'
import { openWebBrowser, ownOrigin, type Ask, type WebBrowser } from './web-browser.ts'
import { liHua, openAppId, type Reply, type SignedInBody, type World } from './world.ts'

/** A browser with a sign-in page of ours on it. */
export type Screen = Pick<WebBrowser, 'cookies'> & {
  send(method: string, path: string, ask?: Ask): Promise<Reply>
  /** Asks for a code. */
  begin(ask?: Ask): Promise<Scanned>
  look(id: string): Promise<Reply>
}

/** A scan as the page knows it, and as a phone reads it from the picture. */
export type Scanned = { readonly id: string; readonly ticket: string }

/** @param options.address Where the browser is. */
export function openScreen(world: World, { address }: { address?: string } = {}): Screen {
  const { cookies, ask } = openWebBrowser(world)
  const screen: Screen = {
    cookies,
    send: (method, path, given = {}) =>
      ask(method, path, { ...(address !== undefined && { address }), ...given }),
    async begin(given) {
      const { status, body } = await screen.send('POST', '/v1/scan', { json: {}, ...given })
      expect(status).toBe(201)
      const { id, qr_url } = body as { id: string; qr_url: string }
      expect(qr_url).toBe(`${ownOrigin}/v1/scan/${id}/qr`)
      return { id, ticket: await readPicture(world, cookies, qr_url) }
    },
    look: (id) => screen.send('GET', `/v1/scan/${id}`),
  }
  return screen
}

/** What the emulator’s camera reads in the picture that the page shows. */
async function readPicture(
  world: World,
  cookies: ReadonlyMap<string, string>,
  url: string,
): Promise<string> {
  const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
  const picture = await world.auth.handler(new Request(url, { headers: { cookie } }))
  expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
  const image = Buffer.from(await picture.arrayBuffer()).toString('base64')
  const read = await world.control('POST', '/emulator/scan', { image, person: liHua })
  expect(read).toMatchObject({ appid: openAppId, page: 'pages/confirm/confirm' })
  return String(read['scene'])
}

export type Phone = Record<'claim' | 'approve' | 'reject', (ticket: string) => Promise<Reply>> & {
  signOut(): Promise<Reply>
}

/** A phone that is signed in to the mini program. */
export function openPhone(world: World, { access_token: token }: SignedInBody): Phone {
  const post = (act: string) => (ticket: string) =>
    world.send('POST', `/v1/scan/${act}`, { json: { ticket }, token })
  return {
    claim: post('claim'),
    approve: post('approve'),
    reject: post('reject'),
    signOut: () => world.send('POST', '/v1/revoke', { json: { token } }),
  }
}
