import type { Auth, Clock } from '@kaimen/server'
import { systemClock } from '@kaimen/server'
import { createPhoneServer, type CompileOptions, type PhoneServer } from '@kaimen/phone'
import { act } from './act.ts'
import { readField } from './list-fields.ts'
import type { SentReply, SentRequest } from './message.ts'
import { phones, type Person, type PhoneName } from './page/wire.ts'
import { phoneHeader, recordServer } from './record-server.ts'
import { keepRecord } from './recorder.ts'
import { servePages } from './serve-pages.ts'
import { createTap } from './tap.ts'

export interface StageOptions {
  readonly emulatorUrl: string
  /** Where the server will be reached on this machine. */
  readonly serverUrl: string
  readonly publicUrl: string
  /** `undefined`: there is none, and the page says what to do. */
  readonly program: CompileOptions | undefined
  readonly programs: readonly {
    readonly appid: string
    readonly wantsPhone: boolean
    readonly takesScans: boolean
  }[]
  readonly people: readonly Person[]
}

export interface Stage {
  /** Stands for the emulator before the server, which takes it for WeChat. */
  readonly wechatUrl: string
  /** The server's, which can be sent ahead. */
  readonly clock: Clock
  /** Puts the pages before the server's handler, and records what that is asked. */
  readonly mount: (auth: Auth) => Pick<Auth, 'handler' | 'drain'>
  close(): Promise<void>
}

/** Two phones, and the messages between them, the server and WeChat. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { emulatorUrl, serverUrl, program } = options
  let aheadMs = 0
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + aheadMs }
  const { now } = systemClock
  const recorder = keepRecord(clock.now)
  const users = new Map<PhoneName, string>()
  const ending = new AbortController()

  const tap = (from: PhoneName | 'server', isRecorded: (path: string) => boolean) =>
    createTap({ emulatorUrl, from, now }, recorder, isRecorded)
  const isPhoneCall = (path: string) => /^\/emulator\/(wx\/|scan$)/.test(path)
  const wechat = await tap('server', (path) => !path.startsWith('/emulator'))
  const taps = {
    'phone-1': await tap('phone-1', isPhoneCall),
    'phone-2': await tap('phone-2', isPhoneCall),
  }

  const servers: readonly PhoneServer[] = program
    ? phones.map((phone) =>
        createPhoneServer({
          ...program,
          basePath: `/stage/${phone}`,
          emulatorUrl: taps[phone].url,
          fetch: (target, init) => {
            // On their network the standard address is this server's, whatever its port.
            const url = new Request(target).url.replace(
              /^http:\/\/127\.0\.0\.1:4100(?=\/|$)/,
              serverUrl,
            )
            const headers = new Headers(init?.headers)
            if (url.startsWith(`${serverUrl}/`)) headers.set(phoneHeader, phone)
            return fetch(url, { ...init, headers })
          },
        }),
      )
    : []

  const alone = program && createPhoneServer({ ...program, emulatorUrl })

  function noteUser({ from }: SentRequest, reply: SentReply) {
    const phone = phones.find((each) => each === from)
    const user: unknown = readField(reply, 'user')
    const id: unknown = user instanceof Object ? Reflect.get(user, 'id') : undefined
    if (phone && typeof id === 'string') users.set(phone, id)
  }

  function end() {
    ending.abort()
    alone?.close()
    for (const server of servers) server.close()
  }

  return {
    wechatUrl: wechat.url,
    clock,
    mount(auth) {
      const serve = servePages({
        ...options,
        recorder,
        servers,
        alone,
        signal: ending.signal,
        act: (asked) =>
          act(
            {
              emulatorUrl,
              recorder,
              sessions: auth.sessions,
              wechatOf: (phone) => taps[phone].url,
              userOf: (phone) => users.get(phone),
              age: (seconds) => void (aheadMs += seconds * 1000),
            },
            asked,
          ),
      })
      const handler = recordServer(auth.handler, recorder, { now, onExchange: noteUser })
      return {
        handler: async (request, connection) =>
          (await serve(request)) ?? handler(request, connection),
        drain() {
          // Streams that never end would keep the server waiting.
          end()
          auth.drain()
        },
      }
    },
    async close() {
      end()
      await Promise.all([wechat, ...Object.values(taps)].map((each) => each.close()))
    },
  }
}
