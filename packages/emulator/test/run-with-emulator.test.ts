import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createEmulator, runWithEmulator } from '../src/index.ts'
import type { Emulator, RunOptions } from '../src/index.ts'
import { liHua, miniProgram } from './start-emulator.ts'

// Each is a whole program as somebody wrote it for WeChat: none knows of the emulator.
const programs = {
  'node:https': `
    import https from 'node:https'
    export const get = (url) => new Promise((resolve, reject) => {
      https.get(url, (response) => {
        let text = ''
        response.on('data', (chunk) => { text += chunk }).on('end', () => resolve(text))
      }).on('error', reject)
    })`,
  'a keep-alive agent of node:https': `
    import { Agent, request } from 'node:https'
    const agent = new Agent({ keepAlive: true })
    export const get = (url) => new Promise((resolve, reject) => {
      request(url, { agent, timeout: 5000 }, async (response) => {
        resolve((await response.toArray()).join(''))
      }).on('error', reject).end()
    })`,
  fetch: `
    export const get = async (url) => (await fetch(url)).text()`,
  'a client that looks the name up by itself, as got can': `
    import { lookup } from 'node:dns'
    import { get as getHttps } from 'node:https'
    const ownLookup = (hostname, options, callback) => lookup(hostname, options, callback)
    export const get = (url) => new Promise((resolve, reject) => {
      getHttps(url, { lookup: ownLookup }, async (response) => {
        resolve((await response.toArray()).join(''))
      }).on('error', reject)
    })`,
  'a client that connects by address and names the server to TLS alone': `
    import { lookup } from 'node:dns/promises'
    import { connect } from 'node:tls'
    import { text } from 'node:stream/consumers'
    export const get = async (url) => {
      const { hostname: servername, pathname, search } = new URL(url)
      const { address: host } = await lookup(servername)
      const socket = connect({ host, port: 443, servername })
      socket.end('GET ' + pathname + search + ' HTTP/1.0\\r\\n\\r\\n')
      return (await text(socket)).split('\\r\\n\\r\\n')[1]
    }`,
  'fetch in a worker thread': `
    import { writeFileSync } from 'node:fs'
    import { Worker } from 'node:worker_threads'
    const source = \`
      import { parentPort, workerData } from 'node:worker_threads'
      parentPort.postMessage(await (await fetch(workerData)).text())\`
    export const get = (workerData) => new Promise((resolve, reject) => {
      const file = new URL('./worker.mjs', import.meta.url)
      writeFileSync(file, source)
      const worker = new Worker(file, { workerData })
      worker.on('message', resolve).on('error', reject)
    })`,
  'node:http without TLS': `
    import { get as getHttp } from 'node:http'
    export const get = (url) => new Promise((resolve, reject) => {
      getHttp(url.replace('https', 'http'), async (response) => {
        resolve((await response.toArray()).join(''))
      }).on('error', reject)
    })`,
}

const main = `
  const { appid, secret, code } = JSON.parse(process.argv[2])
  const query = new URLSearchParams({ appid, secret, js_code: code, grant_type: 'authorization_code' })
  try {
    console.log(await get('https://api.weixin.qq.com/sns/jscode2session?' + query))
  } catch (error) {
    console.log('failed', error.cause?.code ?? error.code)
  }`

async function startTlsEmulator() {
  const emulator = await createEmulator({ port: 0, tlsPort: 0 })
  onTestFinished(() => emulator.close())
  return emulator
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

async function newCode({ url }: Emulator): Promise<string> {
  const body = JSON.stringify({ appid: miniProgram.appid, person: liHua.id })
  const reply: unknown = await (
    await fetch(`${url}/emulator/wx/login`, { method: 'POST', body })
  ).json()
  return reply instanceof Object && 'code' in reply ? String(reply.code) : ''
}

/** What the program prints when it exchanges a code. */
async function runProgram(
  program: string,
  emulator: Emulator,
  change: Partial<RunOptions> = {},
): Promise<string> {
  const folder = await newFolder()
  const [file, output] = [join(folder, 'app.mjs'), join(folder, 'output')]
  await writeFile(file, program + main)
  const { appid, secret } = miniProgram
  const given = JSON.stringify({ appid, secret, code: await newCode(emulator) })
  // Through a shell's redirection: what a program prints goes where its own stdout goes.
  const exitCode = await runWithEmulator(
    'sh',
    ['-c', '"$0" "$1" "$2" > "$3" 2>&1', process.execPath, file, given, output],
    { emulator, env: { PATH: process.env['PATH'] }, ...change },
  )
  expect(exitCode).toBe(0)
  return readFileSync(output, 'utf8')
}

test.each(Object.entries(programs))(
  'a program that calls https://api.weixin.qq.com by %s reaches the emulator unchanged',
  async (_, program) => {
    const emulator = await startTlsEmulator()
    expect(await runProgram(program, emulator)).toMatch(/^\{"session_key":".*"openid":"o/)
  },
)

test.each(['node:https', 'fetch'] as const)(
  'with another authority than the emulator’s, %s refuses the connection',
  async (name) => {
    const [emulator, other] = [await startTlsEmulator(), await startTlsEmulator()]
    const deceived = { ...emulator, caPem: other.caPem }
    const said = await runProgram(programs[name], emulator, { emulator: deceived })
    expect(said).toBe('failed UNABLE_TO_VERIFY_LEAF_SIGNATURE\n')
  },
)

test('a host of WeChat’s that the certificate does not name is refused', async () => {
  const emulator = await startTlsEmulator()
  const program = programs.fetch.replace('fetch(url)', "fetch(url.replace('api.', 'pay.'))")
  expect(await runProgram(program, emulator)).toBe('failed ERR_TLS_CERT_ALTNAME_INVALID\n')
})

test('connections to other hosts stay what they were', async () => {
  const emulator = await startTlsEmulator()
  const other = createServer((_, response) => response.end('another server'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const address = other.address()
  const port = address && typeof address === 'object' ? address.port : 0
  const program = programs.fetch.replace('(url) =>', `(_, url = 'http://localhost:${port}') =>`)
  expect(await runProgram(program, emulator)).toBe('another server\n')
})

test('the environment’s own NODE_OPTIONS and NODE_EXTRA_CA_CERTS go on holding', async () => {
  const [emulator, other] = [await startTlsEmulator(), await startTlsEmulator()]
  const own = join(await newFolder(), 'own.pem')
  await writeFile(own, other.caPem)
  const program = `
    export const get = async (url) =>
      [process.title, (await fetch('${other.tlsUrl}/sns')).status, (await fetch(url)).status].join(' ')`
  const env = { PATH: process.env['PATH'], NODE_OPTIONS: '--title=own', NODE_EXTRA_CA_CERTS: own }
  expect(await runProgram(program, emulator, { env })).toBe('own 404 200\n')
})

test('the command’s exit code is handed on, and a signal’s number after 128', async () => {
  const emulator = await startTlsEmulator()
  const run = (script: string) =>
    runWithEmulator(process.execPath, ['-e', script], { emulator, env: {} })
  expect(await run('process.exit(7)')).toBe(7)
  expect(await run("process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 9999)")).toBe(143)
  await expect(runWithEmulator('/no/such/command', [], { emulator, env: {} })).rejects.toThrow(
    'ENOENT',
  )
})

test('an abort ends the command', async () => {
  const emulator = await startTlsEmulator()
  const stop = new AbortController()
  const script = 'setTimeout(() => {}, 60_000)'
  const running = runWithEmulator(process.execPath, ['-e', script], {
    emulator,
    env: {},
    signal: stop.signal,
  })
  setTimeout(() => stop.abort(), 200)
  expect(await running).toBe(143)
})

test('an emulator without a TLS port is refused', async () => {
  const emulator = await createEmulator({ port: 0 })
  onTestFinished(() => emulator.close())
  await expect(runWithEmulator('true', [], { emulator, env: {} })).rejects.toThrow('tlsPort')
})
