import { AssertionError } from 'node:assert'
import type { Emulator } from './start-emulator.ts'
import { startClient } from './client.ts'
import type { Client, Outcome } from './client.ts'
import { openWeChat } from './wechat.ts'
import type { WeChat } from './wechat.ts'

/** A client that others wrote, and what it should be able to do. */
export interface Subject {
  /** With its version, such as `nest-wechat 0.2.50`. */
  readonly name: string
  /** Its file in `programs`. */
  readonly program: string
  readonly cases: readonly Case[]
}

export interface Case {
  /** A true sentence about a client without defects. */
  readonly title: string
  /** @throws AssertionError if the client cannot do it. */
  readonly run: (trial: Trial) => Promise<void>
  /** Set where the client is known to fail. */
  readonly defect?: Defect
}

/** Why a case fails, and by what that is seen. A case that fails in another way has failed. */
export interface Defect {
  readonly reason: string
  readonly shows: RegExp
}

export interface Trial {
  /** A fresh world. */
  readonly wechat: WeChat
  /** Calls the client; gives up after 10 seconds unless told otherwise. */
  readonly call: (operation: string, input: object, withinMs?: number) => Promise<Outcome>
  /** How many requests a path of WeChat's has had. */
  readonly countCalls: (path: string) => Promise<number>
}

/** `works`, `defect` for a failure that was expected, or what went wrong. */
export type Verdict = 'works' | 'defect' | Error

/** Runs the cases of a client one after another. */
export interface Bench {
  readonly judge: (each: Case) => Promise<Verdict>
  readonly close: () => Promise<void>
}

export function openBench(subject: Subject, emulator: Emulator): Bench {
  let client: Client | undefined
  const call: Trial['call'] = async (operation, input, withinMs = 10_000) => {
    if (client?.isAlive() !== true) client = await startClient(subject.program, emulator)
    return client.call(operation, input, withinMs)
  }
  return {
    async judge({ run, defect }) {
      try {
        const wechat = await openWeChat(emulator.url)
        await run({ wechat, call, countCalls: (path) => countCalls(emulator.url, path) })
        if (!defect) return 'works'
        return new Error('This defect is gone: say so where it is written down.')
      } catch (error) {
        if (!(error instanceof AssertionError)) {
          return new Error(`The case could not be tried: ${String(error)}`, { cause: error })
        }
        return defect?.shows.test(error.message) === true ? 'defect' : error
      }
    },
    async close() {
      await client?.close()
    },
  }
}

async function countCalls(url: string, path: string): Promise<number> {
  const response = await fetch(`${url}/emulator/calls`)
  const { calls } = (await response.json()) as { calls: readonly { path: string }[] }
  return calls.filter((each) => each.path === path).length
}
