import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer as createTlsServer, request } from 'node:https'
import { createServer, isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { createEmulator } from '../../src/index.ts'
import type { EmulatorOptions } from '../../src/index.ts'
import { createAuthority, issueCertificate } from '../../src/tls/certificate.ts'
import { exchangeUrl } from '../start-emulator.ts'

const weChatHosts = [
  'api.weixin.qq.com',
  'api2.weixin.qq.com',
  'sh.api.weixin.qq.com',
  'sz.api.weixin.qq.com',
  'hk.api.weixin.qq.com',
  'open.weixin.qq.com',
  'mp.weixin.qq.com',
]

async function startTls(options: EmulatorOptions = {}) {
  const emulator = await createEmulator({ port: 0, tlsPort: 0, ...options })
  onTestFinished(() => emulator.close())
  return {
    ...emulator,
    tlsUrl: emulator.tlsUrl ?? '',
    tlsPort: Number(new URL(emulator.tlsUrl ?? '').port),
  }
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** What is answered to a client that trusts this authority and asks this host. */
function ask(url: string, servername: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, { servername, ca, headers: { host: servername } }, (response) => {
      response.toArray().then((chunks) => resolve(Buffer.concat(chunks).toString()), reject)
    })
      .on('error', reject)
      .end()
  })
}

test.each([...weChatHosts, 'localhost'])(
  '%s is answered over TLS by the same world',
  async (host) => {
    const { url, tlsUrl, caPem } = await startTls()
    await fetch(`${url}/emulator/people`, { method: 'POST', body: '{ "nickname": "here too" }' })
    expect(await ask(`${tlsUrl}/emulator/world`, host, caPem)).toContain('here too')
    expect(await ask(exchangeUrl(tlsUrl, 'x'), host, caPem)).toContain('"errcode":40029')
  },
)

test('reset ends a connection of TLS with a TCP reset too', async () => {
  const { url, tlsUrl, caPem } = await startTls()
  const fault = { path: '/sns/jscode2session', fault: 'reset', times: 1 }
  await fetch(`${url}/emulator/faults`, { method: 'POST', body: JSON.stringify(fault) })
  const host = 'api.weixin.qq.com'
  await expect(ask(exchangeUrl(tlsUrl, 'x'), host, caPem)).rejects.toThrow('ECONNRESET')
  expect(await ask(exchangeUrl(tlsUrl, 'x'), host, caPem)).toContain('"errcode":40029')
})

test('the authority is answered in PEM at /emulator/ca.pem', async () => {
  const { url, caPem } = await startTls()
  const response = await fetch(`${url}/emulator/ca.pem`)
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(await response.text()).toBe(caPem)
  expect(new X509Certificate(caPem).ca).toBe(true)
})

test('a client that trusts another authority refuses the emulator', async () => {
  const [one, another] = [await startTls(), await startTls()]
  await expect(ask(one.tlsUrl, 'api.weixin.qq.com', another.caPem)).rejects.toThrow(
    'unable to verify',
  )
})

test.each(['pay.weixin.qq.com', 'weixin.qq.com', 'api.weixin.qq.com.example.com', 'example.com'])(
  'a client that asks for %s refuses the emulator’s certificate',
  async (host) => {
    const { tlsUrl, caPem } = await startTls()
    await expect(ask(tlsUrl, host, caPem)).rejects.toThrow("does not match certificate's altnames")
  },
)

test.each([
  ['open.weixin.qq.com', 'accepted'],
  ['pay.weixin.qq.com', 'accepted'],
  ['localhost', 'accepted'],
  ['example.com', 'permitted subtree violation'],
  ['weixin.qq.com.example.com', 'permitted subtree violation'],
  ['qq.com', 'permitted subtree violation'],
  ['10.0.0.1', 'permitted subtree violation'],
])('a certificate that the authority’s key signs for %s is %s', async (name, outcome) => {
  const authority = createAuthority(new Date())
  const { certificatePem: cert, keyPem: key } = issueCertificate(authority, new Date(), [name])
  const server = createTlsServer({ cert, key }, (_, response) => response.end('accepted'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = address && typeof address === 'object' ? address.port : 0
  const servername = isIP(name) ? 'localhost' : name
  const asked = ask(`https://127.0.0.1:${port}`, servername, authority.certificatePem)
  expect(await asked.catch((error: Error) => error.message)).toBe(outcome)
})

test('TLS 1.1 is refused, 1.2 and 1.3 are answered', async () => {
  const { tlsPort: port, caPem: ca } = await startTls()
  const speak = (maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
    new Promise((resolve) => {
      const ciphers = 'DEFAULT@SECLEVEL=0'
      const options = {
        port,
        ca,
        servername: 'localhost',
        minVersion: 'TLSv1.1',
        maxVersion,
        ciphers,
      } as const
      const socket = connect(options, () => {
        resolve(socket.getProtocol())
        socket.destroy()
      })
      socket.on('error', () => resolve('refused'))
    })
  expect([await speak('TLSv1.1'), await speak('TLSv1.2'), await speak('TLSv1.3')]).toEqual([
    'refused',
    'TLSv1.2',
    'TLSv1.3',
  ])
})

test('an emulator without a folder has a new authority on every start', async () => {
  expect((await startTls()).caPem).not.toBe((await startTls()).caPem)
})

test('a folder keeps the authority, its key for this user alone', async () => {
  const dataDir = join(await newFolder(), 'not/there/yet')
  const started = await Promise.all([startTls({ dataDir }), startTls({ dataDir })])
  const later = await startTls({ dataDir })
  for (const { caPem, tlsUrl } of started) {
    expect(caPem).toBe(later.caPem)
    expect(await ask(`${tlsUrl}/sns`, 'api.weixin.qq.com', later.caPem)).toContain('no such path')
  }
  expect(await readFile(join(dataDir, 'emulator-ca.pem'), 'utf8')).toBe(later.caPem)
  expect((await stat(join(dataDir, 'emulator-ca-key.pem'))).mode & 0o777).toBe(0o600)
})

test('an authority that has been spoilt is named, and never replaced in silence', async () => {
  const dataDir = await newFolder()
  await startTls({ dataDir })
  const file = join(dataDir, 'emulator-ca-key.pem')
  await writeFile(file, 'spoilt')
  await expect(createEmulator({ port: 0, dataDir })).rejects.toThrow(`Delete ${file}`)
  expect(await readFile(file, 'utf8')).toBe('spoilt')
})

test('a folder that cannot be written is an error, not a new authority', async () => {
  const folder = await newFolder()
  await writeFile(join(folder, 'file'), '')
  await expect(createEmulator({ port: 0, dataDir: join(folder, 'file') })).rejects.toThrow('EEXIST')
})

test('a TLS port that is taken is an error, and the HTTP port is free again', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void taken.close())
  const address = taken.address()
  const tlsPort = address && typeof address === 'object' ? address.port : 0
  const free = await createEmulator({ port: 0 })
  await free.close()
  const port = Number(new URL(free.url).port)
  await expect(createEmulator({ port, tlsPort })).rejects.toThrow('EADDRINUSE')
  await (await createEmulator({ port })).close()
})
