import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { systemClock } from '@kaimen/server'
import { listen } from '@kaimen/server/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isSkipped } from '../../../tools/services/skip.ts'
import { freePort } from '../../../tools/support/free-port.ts'
import { openWorld, type World } from '../../server/test/support/world.ts'
import { forgeTokens, mint, type Mint } from './corpus.ts'
import { openMint } from './support/mint.ts'

/** Where Debian's python3-jwt is, another Python may come first in PATH. */
const python = ['/usr/bin/python3', 'python3'].find(hasJwt)

function hasJwt(command: string): boolean {
  try {
    execFileSync(command, ['-c', 'import jwt, cryptography'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

type Language = {
  readonly name: string
  readonly lacks: boolean
  /** Whether it follows the feed of revocations. */
  readonly follows: boolean
  /** Puts the recipe and a driver for it into a folder. @returns What runs it. */
  lay(folder: string, recipe: string): Promise<readonly [command: string, ...args: string[]]>
}

const pythonSkipped = isSkipped(
  'PyJWT, for docs/verify-other-languages.md (Debian: python3-jwt)',
  python !== undefined,
)

/** Each driver says that it is ready, then answers a token a line with what becomes of it. */
const pythonDriver = `
import json, sys
from verify import Refused, Verifier
verifier = Verifier(sys.argv[1], credential=sys.argv[2])
print("ready", flush=True)
for line in sys.stdin:
    try:
        outcome = verifier.verify(json.loads(line))["sub"]
    except Refused as error:
        outcome = error.code
    print(outcome, flush=True)
`

const goDriver = `
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"recipe/kaimen"
)

func main() {
	verifier := kaimen.Verifier{Issuer: os.Args[1], Audience: os.Args[1]}
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var token string
		if err := json.Unmarshal(lines.Bytes(), &token); err != nil {
			panic(err)
		}
		claims, err := verifier.Verify(token)
		if err != nil {
			fmt.Println(err)
		} else {
			fmt.Println(claims["sub"])
		}
	}
}
`

const go = process.env['TEST_GO']

const languages: readonly Language[] = [
  {
    name: 'python',
    lacks: pythonSkipped,
    follows: true,
    async lay(folder, recipe) {
      await writeFile(join(folder, 'verify.py'), recipe)
      const driver = join(folder, 'driver.py')
      await writeFile(driver, pythonDriver)
      return [python ?? 'python3', driver]
    },
  },
  {
    name: 'go',
    lacks: isSkipped('Go (at TEST_GO)', go !== undefined),
    follows: false,
    async lay(folder, recipe) {
      await mkdir(join(folder, 'kaimen'))
      await writeFile(join(folder, 'kaimen', 'verify.go'), recipe)
      await writeFile(join(folder, 'main.go'), goDriver)
      await writeFile(join(folder, 'go.mod'), 'module recipe\n\ngo 1.19\n')
      const built = join(folder, 'recipe')
      const { PATH, HOME } = process.env
      const options = { cwd: folder, env: { PATH, HOME, GOPROXY: 'off' } }
      await promisify(execFile)(go ?? 'go', ['vet', './...'], options)
      await promisify(execFile)(go ?? 'go', ['build', '-o', built, '.'], options)
      return [built]
    },
  },
]

const documents = ['verify-other-languages.md', 'verify-other-languages.zh-CN.md']
const recipes = languages.flatMap((language) =>
  documents.map((document) => ({ ...language, document })),
)

for (const { name, document, lacks, follows, lay } of recipes)
  describe.skipIf(lacks)(`the ${name} of docs/${document}`, () => {
    let world: World
    let server: Awaited<ReturnType<typeof listen>>
    let from: Mint
    let folder: string
    let child: ChildProcess
    let gone: Promise<unknown>
    let lines: AsyncIterator<string>

    beforeAll(async () => {
      const port = await freePort()
      world = await openWorld({
        publicUrl: `http://127.0.0.1:${port}`,
        clock: { ...systemClock, advance() {} },
      })
      server = await listen(world.auth, { port })
      from = await openMint(world)
      const { secret } = await world.auth.credentials.create({
        name,
        scopes: ['revocations'],
      })
      const text = await readFile(join(import.meta.dirname, '../../../docs', document), 'utf8')
      const [, code = ''] = new RegExp(`^\`\`\`${name}\\n(.*?)^\`\`\``, 'ms').exec(text) ?? []
      folder = await mkdtemp(join(tmpdir(), 'kaimen-verify-'))
      const [command, ...args] = await lay(folder, code)
      child = spawn(command, [...args, server.url, secret.reveal()], {
        env: { PATH: process.env['PATH'] },
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      gone = once(child, 'close')
      if (!child.stdout) throw new Error('no stdout')
      lines = createInterface(child.stdout)[Symbol.asyncIterator]()
      const { value } = await lines.next()
      if (value !== 'ready') throw new Error(`The program did not start: ${String(value)}`)
      // A compiler may have to run first.
    }, 120_000)

    afterAll(async () => {
      child.kill('SIGKILL')
      await gone
      await server.close()
      await world.close()
      await rm(folder, { recursive: true, force: true })
    })

    async function outcome(token: string): Promise<unknown> {
      child.stdin?.write(`${JSON.stringify(token)}\n`)
      return (await lines.next()).value
    }

    it('takes good tokens', async () => {
      const { access_token, user } = await world.signIn()
      expect(await outcome(access_token)).toBe(user.id)
      expect(await outcome(mint(from))).toBe(from.claims['sub'])
    })

    it('[TK-1] [TK-2] [TK-3] refuses all of the negative corpus', async () => {
      const forgeries = forgeTokens(from)
      const outcomes = []
      for (const { name, token } of forgeries) outcomes.push([name, await outcome(token)])
      expect(outcomes).toEqual(forgeries.map(({ name, code }) => [name, code ?? 'token_invalid']))
    })

    it('[TK-3] takes no token that lives longer than any server lets it', async () => {
      const { iat } = from.claims as { iat: number }
      expect(await outcome(mint(from, {}, { exp: iat + 3600 }))).toBe(from.claims['sub'])
      expect(await outcome(mint(from, {}, { exp: iat + 3601 }))).toBe('token_invalid')
    })

    if (!follows) return
    it('[SE-5] refuses who has signed out, within 5 s', async () => {
      const { access_token, refresh_token, user } = await world.signIn()
      expect(await outcome(access_token)).toBe(user.id)
      await world.send('POST', '/v1/revoke', { json: { token: refresh_token } })
      await expect.poll(() => outcome(access_token), { timeout: 5000 }).toBe('session_ended')
    })
  })
