import { seedWorld } from '@kaimen/emulator'
import { prepareCompiler } from '../../src/compile/compile.ts'
import type { Problem, Program } from '../../src/run/program.ts'
import { createPhone, type Phone, type PhoneOptions } from '../../src/run/phone.ts'
import { sendDirectly, type Send } from '../../src/run/send.ts'
import { openWechat } from '../../src/run/wechat.ts'
import { startServers, type RealServers } from '../../../client/test/support/real-servers.ts'
import { baseUrl } from '../../../../examples/mini-program/miniprogram/config.js'
import { openDocument } from './dom.ts'
import { conditions, exampleRoot } from './example.ts'

const compiler = prepareCompiler({ root: exampleRoot, conditions })

const [{ appid }] = seedWorld.apps
const [{ id: person }] = seedWorld.people

export interface ExamplePhone {
  readonly phone: Phone
  readonly servers: RealServers
  readonly problems: Problem[]
  close(): Promise<void>
}

/** The example mini program on a phone in this document, against real servers. */
export async function openExample(
  options: Partial<PhoneOptions> & { appid?: string; person?: string; program?: Program } = {},
): Promise<ExamplePhone> {
  openDocument()
  const servers = await startServers()
  const problems: Problem[] = []
  const who = { appid: options.appid ?? appid, person: options.person ?? person }
  const direct = sendDirectly(fetch)
  // On this phone's network the address of config.js is the server's.
  const send: Send = (request) =>
    direct({ ...request, url: request.url.replace(baseUrl, servers.url) })
  const place = document.createElement('div')
  document.body.replaceChildren(place)
  const phone = createPhone({
    program: compiler.compile(),
    place,
    wechat: await openWechat(servers.wechatUrl, who, fetch),
    send,
    shelf: localStorage,
    headImage: () => Promise.resolve(new Blob([picture], { type: 'image/png' })),
    onProblem: (problem) => problems.push(problem),
    ...options,
  })
  return {
    phone,
    servers,
    problems,
    async close() {
      phone.close()
      localStorage.clear()
      await servers.close()
    },
  }
}

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
