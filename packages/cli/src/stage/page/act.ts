/** What came of a button. */
export interface Acted {
  readonly outcome: 'done' | 'nobody' | 'failed' | 'scanned'
  readonly appid?: string
  readonly page?: string
  readonly scene?: string
}

export async function act(name: string, more: object = {}): Promise<Acted> {
  try {
    const reply = await fetch('/stage/act', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ act: name, ...more }),
    })
    return reply.ok ? ((await reply.json()) as Acted) : { outcome: 'failed' }
  } catch {
    return { outcome: 'failed' }
  }
}
