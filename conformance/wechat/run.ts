// Prints what holds and what does not. Usage: run.ts [--url http://127.0.0.1:4180]
// With --url only the rules are tried, against what answers there; its world begins anew for each.

/* oxlint-disable no-console, node/no-process-env -- a command prints, and asks whether it runs in CI */

import { parseArgs } from 'node:util'
import { findRules } from './kit/find-rules.ts'
import { judge } from './kit/judge.ts'
import { createEmulator } from './kit/start-emulator.ts'
import { tryClients } from './kit/try-clients.ts'

const help = `npm run conformance -- [options]

  --url <address>   try the rules alone, against what answers there, such as a running kaimen emulator;
                    its world begins anew for each rule
  --help            this

Installs the clients of others on demand. Takes half a minute.`

const values = readOptions()
const isCi = process.env['CI'] === 'true'
const counts = { hold: 0, defects: 0, failed: 0, skipped: 0 }

await printRules(values.url)
if (values.url === undefined) await printClients()

console.log(`
${counts.hold} hold, ${counts.defects} known defects of clients, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 || (isCi && counts.skipped > 0) ? 1 : 0

function readOptions() {
  try {
    const options = { url: { type: 'string' }, help: { type: 'boolean' } } as const
    const { values } = parseArgs({ options })
    if (!values.help) return values
    console.log(help)
    process.exit(0)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : 'Wrong options'}\n\n${help}`)
    process.exit(2)
  }
}

async function printRules(url: string | undefined): Promise<void> {
  const emulator = url === undefined ? await createEmulator({ port: 0 }) : undefined
  const address = (emulator?.url ?? url ?? '').replace(/\/$/, '')
  await fetch(`${address}/emulator/world`).catch(() => {
    console.error(`Nothing answers at ${address}. Start the emulator there, or leave --url out.`)
    process.exit(1)
  })
  console.log('What WeChat answers')
  for (const filed of await findRules()) {
    const verdict = await judge(filed, address)
    if (verdict === 'holds') {
      counts.hold += 1
      console.log(`✓ ${filed.name}`)
    } else {
      counts.failed += 1
      console.log(`✗ ${filed.name}\n    ${filed.rule.title}\n    ${verdict.message}`)
    }
  }
  await emulator?.close()
}

function printClients(): Promise<void> {
  return tryClients(({ name, cases }, verdicts) => {
    console.log(`\n${name}`)
    if (verdicts === 'no_python') {
      counts.skipped += cases.length
      console.log('- SKIPPED: there is no python3 on this machine')
      return
    }
    for (const [index, verdict] of verdicts.entries()) {
      const { title = '', defect } = cases[index] ?? {}
      if (verdict === 'works') {
        counts.hold += 1
        console.log(`✓ ${title}`)
      } else if (verdict === 'defect') {
        counts.defects += 1
        console.log(`! ${title}\n    known defect: it ${defect?.reason ?? ''}`)
      } else {
        counts.failed += 1
        console.log(`✗ ${title}\n    ${verdict.message}`)
      }
    }
  })
}
