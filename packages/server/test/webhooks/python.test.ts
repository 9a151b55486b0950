import { execFileSync, spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { systemClock } from '@kaimen/server'
import { createMemoryEphemeralStore, createMemoryStore } from '@kaimen/server/store/memory'
import { createWebhooks } from '@kaimen/server/webhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isSkipped } from '../../../../tools/services/skip.ts'

const secret = randomBytes(36).toString('base64')

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'])
    return true
  } catch {
    return false
  }
}

const skipped = isSkipped('python3, for docs/webhooks.md (Debian: python3)', hasPython())

const documents = ['webhooks.md', 'webhooks.zh-CN.md']

describe.skipIf(skipped).each(documents)('the back end in Python of docs/%s', (document) => {
  let url: string
  let folder: string
  const printed: string[] = []
  let stop: () => Promise<void>

  beforeAll(async () => {
    const text = await readFile(join(import.meta.dirname, '../../../../docs', document), 'utf8')
    const [, program = ''] = /```python\n(.*?)```/s.exec(text) ?? []
    folder = await mkdtemp(join(tmpdir(), 'kaimen-python-'))
    const file = join(folder, 'webhooks.py')
    await writeFile(file, program)
    const env = { PATH: process.env['PATH'], KAIMEN_WEBHOOK_SECRET: secret, PORT: '0' }
    const child = spawn('python3', [file], { env, stdio: ['ignore', 'pipe', 'ignore'] })
    const lines = createInterface(child.stdout)
    const gone = once(child, 'close')
    stop = async () => {
      child.kill('SIGKILL')
      await gone
    }
    const first = await Promise.race([once(lines, 'line'), gone.then(() => ['it ended'])])
    const [, port] = /^listening on port (\d+)$/.exec(String(first[0])) ?? []
    if (port === undefined) throw new Error(`The program did not start: ${String(first[0])}`)
    lines.on('line', (line) => void printed.push(line))
    url = `http://127.0.0.1:${port}/kaimen`
  })

  afterAll(async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  })

  const open = (key: string) => createWebhooks({ url, secret: key, admit: true, claims: true })
  const proof = { kind: 'wechat', app_id: 'wx1', unionid: null } as const
  const user = { id: 'usr_1', nickname: '小明', created_at: new Date() }

  it('lets in, turns away and adds claims', async () => {
    const { admit, claims } = open(secret)
    expect(await admit?.({ proof: { ...proof, openid: 'o-1' }, user })).toBeUndefined()
    const blocked = await admit?.({ proof: { ...proof, openid: 'openid-of-somebody' }, user })
    expect(blocked).toMatchObject({ refuse: { en: 'This account is blocked.' } })
    expect(await claims?.(user, { id: 'ses_1', app_id: 'wx1' })).toEqual({ plan: 'gold' })
  })

  it('takes a secret that is being rolled, and refuses another', async () => {
    const other = randomBytes(36).toString('base64')
    const ask = (key: string) => open(key).admit?.({ proof: { ...proof, openid: null }, user })
    expect(await ask(`2:${other},1:${secret}`)).toBeUndefined()
    await expect(ask(other)).rejects.toThrow('answered admit with 401')
  })

  it('refuses what is altered, recorded or not signed', async () => {
    const body = JSON.stringify({ type: 'admit', data: { proof: { openid: 'o-1' } } })
    const now = Math.floor(Date.now() / 1000)
    const post = async (t: number, signed: string, headers?: Record<string, string>) => {
      const v1 = createHmac('sha256', secret).update(`${t}.${signed}`).digest('hex')
      headers ??= { 'kaimen-signature': `t=${t},v1=${v1}` }
      return (await fetch(url, { method: 'POST', headers, body })).status
    }
    expect(await post(now, body)).toBe(200)
    expect(await post(now, `${body} `)).toBe(401)
    expect(await post(now - 400, body)).toBe(401)
    expect(await post(now + 400, body)).toBe(401)
    expect(await post(now, body, {})).toBe(401)
    expect(await post(now, body, { 'kaimen-signature': 't=1,v1=' })).toBe(401)
  })

  it('is told of events', async () => {
    const store = createMemoryStore(systemClock)
    // An hour ago, so that nothing has to settle; and the log begins with the first start.
    const at = Date.now() - 3_600_000
    await store.moveCursor({ name: 'webhooks', from: undefined, to: 0 })
    for (const kind of ['signed_in', 'session_ended']) {
      const rest = { user_id: 7, session_id: 8, app_id: 'wx1', detail: null }
      await store.addEvent({ id: store.newId(), at, kind, ...rest })
    }
    const webhooks = open(secret)
    await webhooks.deliver({ store, ephemeral: createMemoryEphemeralStore(systemClock) })
    await expect.poll(() => printed).toHaveLength(2)
    await webhooks.close()
    expect(printed.map((line) => line.split(' ').slice(1))).toEqual([
      ['signed_in', 'usr_00000000007'],
      ['session_ended', 'usr_00000000007'],
    ])
  })
})
