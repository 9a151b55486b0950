import type { RealServers } from '../../../../packages/client/test/support/real-servers.ts'

/** A sign-in page on a computer that shows a code; what a browser would do, by fetch. */
export type Screen = {
  /** What WeChat opens for whoever scans the code. */
  readonly url: string
  /** How the sign-in stands, as that browser is told. */
  status(): Promise<unknown>
}

export async function openScreen({ url, control }: RealServers): Promise<Screen> {
  const headers = {
    origin: url,
    'content-type': 'application/json',
    'user-agent':
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  }
  const begun = await fetch(`${url}/v1/scan`, { method: 'POST', headers, body: '{}' })
  const cookie = begun.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
  const { id, qr_url } = (await begun.json()) as { id: string; qr_url: string }
  const picture = await fetch(qr_url, { headers: { ...headers, cookie } })
  const image = Buffer.from(await picture.arrayBuffer()).toString('base64')
  const { page, scene } = await control('POST', '/emulator/scan', { image, person: 'li-hua' })
  // WeChat percent-encodes the scene for the page, and a query's values besides.
  const encoded = encodeURIComponent(encodeURIComponent(String(scene)))
  return {
    url: `/${String(page)}?scene=${encoded}`,
    async status() {
      const reply = await fetch(`${url}/v1/scan/${id}`, { headers: { ...headers, cookie } })
      return ((await reply.json()) as { status: unknown }).status
    },
  }
}
