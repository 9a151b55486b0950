/**
 * What an operation costs whom it asks, in CPU time: PostgreSQL, Redis, and for a password the node
 * itself. What else it costs the node, `npm run bench` tells.
 *
 *     node --conditions=@kaimen/source benchmarks/sizing.ts [operations]
 *
 * Linux only: their time is read from /proc, so both have to run on this machine, and nobody else
 * may use that Redis meanwhile.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createAuth, systemClock, type Auth } from '@kaimen/server'
import { createSqlStore, openDatabase } from '@kaimen/server/store/sql'
import { createRedisEphemeralStore } from '@kaimen/server/store/redis'
import { secret } from '@kaimen/wechat'
import {
  defaultHashCost,
  hashPassword,
  verifyPassword,
} from '../packages/server/src/password/hash.ts'
import { limitHashing } from '../packages/server/src/password/queue.ts'
import { systemRandom } from '../packages/server/src/random.ts'
import { openPostgresDatabases } from './postgres.ts'
import { returningPerson } from './scenarios.ts'
import { publicUrl, secretText } from './servers/kaimen.ts'
import { app } from './servers/server.ts'
import { newCode, playWechat } from './wechat.ts'

const operations = Number(process.argv[2] ?? 10_000)
const atOnce = 64
const passwords = 200

/** A clock tick of /proc/PID/stat, in microseconds: USER_HZ is 100 wherever Linux runs. */
const tickMicroseconds = 10_000

const redisUrl = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379'
const postgres = await openPostgresDatabases(
  process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres',
)
if (!postgres) throw new Error('No PostgreSQL answers: set TEST_POSTGRES_URL.')
const databaseUrl = await postgres.make()
const databaseName = new URL(databaseUrl).pathname.slice(1)
// What is left of it there has had its time within minutes.
const ephemeral = createRedisEphemeralStore({ url: redisUrl, prefix: `${databaseName}:` })
const store = createSqlStore(openDatabase(databaseUrl), systemClock)
const wechat = await playWechat()
const auth = createAuth({
  publicUrl,
  apps: [{ app_id: app.app_id, secret: secret(app.secret) }],
  secret: secretText,
  store,
  ephemeral,
  wechat: { baseUrl: wechat.url },
  report: (message, error) => console.error(message, error),
})

try {
  await auth.ready()
  const refreshTokens: string[] = []
  const signIn = async (person: string) => {
    const code = newCode(person)
    const { refresh_token } = await post(auth, '/v1/sign-in/wechat', { app_id: app.app_id, code })
    refreshTokens.push(String(refresh_token))
  }
  const refresh = async () => {
    const refresh_token = refreshTokens.shift()
    const next = await post(auth, '/v1/token', { grant_type: 'refresh_token', refresh_token })
    refreshTokens.push(String(next['refresh_token']))
  }
  await measure('sign-in by WeChat, new user', (index) => signIn(returningPerson(index)))
  await measure('sign-in by WeChat, returning user', (index) => signIn(returningPerson(index)))
  await measure('refresh', refresh)
  await measurePasswords()
} finally {
  await auth.close()
  await store.close()
  await ephemeral.close()
  wechat.close()
  await postgres.close()
}

async function measure(work: string, operate: (index: number) => Promise<void>) {
  const before = { postgres: microsecondsOf(isOurBackend), redis: microsecondsOf(isOurRedis) }
  let next = 0
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < operations) await operate(next++)
    }),
  )
  const after = { postgres: microsecondsOf(isOurBackend), redis: microsecondsOf(isOurRedis) }
  const each = (name: 'postgres' | 'redis') => Math.round((after[name] - before[name]) / operations)
  console.log(`${work}: PostgreSQL ${each('postgres')} µs, Redis ${each('redis')} µs`)
}

/** One hash for each sign-in, whether the password is right or wrong. */
async function measurePasswords() {
  const parts = { cost: defaultHashCost, random: systemRandom }
  const hashing = limitHashing({ concurrency: 1, maxWaiting: 0 })
  const password = secret('a password of some length')
  const stored = await hashing.run((slot) => hashPassword({ ...parts, slot }, password))
  const before = process.cpuUsage()
  for (let turn = 0; turn < passwords; turn++) {
    await hashing.run((slot) => verifyPassword({ ...parts, slot }, stored, password))
  }
  const { user, system } = process.cpuUsage(before)
  console.log(`a password compared: ${Math.round((user + system) / passwords)} µs of the node`)
}

async function post(on: Auth, path: string, body: object): Promise<Record<string, unknown>> {
  const response = await on.handler(
    new Request(new URL(path, publicUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )
  const answer = (await response.json()) as Record<string, unknown>
  if (!response.ok) throw new Error(`${path} was answered with ${JSON.stringify(answer)}`)
  return answer
}

/** The processes that serve connections to our database say so in their titles. */
function isOurBackend(title: string): boolean {
  return title.includes(` ${databaseName} `)
}

function isOurRedis(title: string): boolean {
  return title.includes('redis-server') && title.includes(`:${new URL(redisUrl).port || 6379}`)
}

/** What the processes of such a title have used so far. */
function microsecondsOf(isIt: (title: string) => boolean): number {
  let ticks = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!isIt(readFileSync(`/proc/${pid}/cmdline`, 'latin1'))) continue
      // proc_pid_stat(5): utime and stime are the 14th and 15th; the name before them may hold blanks.
      const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
      ticks += Number(fields[11]) + Number(fields[12])
    } catch {
      // It has ended meanwhile.
    }
  }
  return ticks * tickMicroseconds
}
