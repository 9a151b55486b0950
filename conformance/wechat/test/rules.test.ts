import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findRules } from '../kit/find-rules.ts'
import { judge } from '../kit/judge.ts'
import { createEmulator } from '../kit/start-emulator.ts'
import type { Emulator } from '../kit/start-emulator.ts'

const rules = await findRules()

let emulator: Emulator
let silent: Server
let silentUrl = ''

beforeAll(async () => {
  emulator = await createEmulator({ port: 0 })
  silent = createServer((request, response) => {
    const path = request.url ?? ''
    if (!path.startsWith('/emulator')) {
      response.setHeader('content-type', 'application/json').end('{}')
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = 'GET' } = request
      const body = chunks.length > 0 ? Buffer.concat(chunks) : null
      fetch(`${emulator.url}${path}`, { method, body })
        .then(async (answer) => {
          response.writeHead(answer.status).end(await answer.text())
        })
        .catch(() => response.destroy())
    })
  })
  await new Promise<void>((resolve) => {
    silent.listen(0, '127.0.0.1', resolve)
  })
  const address = silent.address()
  silentUrl = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`
})

afterAll(async () => {
  silent.close()
  silent.closeAllConnections()
  await emulator.close()
})

describe('what WeChat answers', () => {
  for (const filed of rules) {
    test(`${filed.name}: ${filed.rule.title}`, async () => {
      expect(await judge(filed, emulator.url)).toBe('holds')
    })
  }
})

describe('a WeChat that answers {} to everything', () => {
  // What these look at comes from a phone or a browser, and not from an answer to a server.
  const ofAPhone = /^(open-data|authorize)\/(?!pages)/
  for (const filed of rules.filter(({ name }) => !ofAPhone.test(name))) {
    test(`breaks ${filed.name}`, async () => {
      expect(await judge(filed, silentUrl)).toBeInstanceOf(Error)
    })
  }
})
