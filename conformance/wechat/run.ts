// Prints what holds and what does not. Usage: run.ts [--url http://127.0.0.1:4180]
// With --url only the rules are tried, against what answers there; its world begins anew for each.

import { parseArgs } from 'node:util'
import { subjects } from './clients/subjects.ts'
import { openBench } from './kit/case.ts'
import type { Subject } from './kit/case.ts'
import { findPython } from './kit/find-python.ts'
import { findRules } from './kit/find-rules.ts'
import { installClients } from './kit/install-clients.ts'
import { judge } from './kit/judge.ts'
import { createEmulator } from './kit/start-emulator.ts'

const { values } = parseArgs({ options: { url: { type: 'string' } } })
const isCi = process.env['CI'] === 'true'
const counts = { holds: 0, defects: 0, failed: 0, skipped: 0 }

await tryRules(values.url)
if (values.url === undefined) await tryClients()

console.log(
  `\n${counts.holds} hold, ${counts.defects} known defects of clients, ${counts.failed} failed` +
    (counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''),
)
process.exitCode = counts.failed === 0 && !(isCi && counts.skipped > 0) ? 0 : 1

async function tryRules(url: string | undefined): Promise<void> {
  const emulator = url === undefined ? await createEmulator({ port: 0 }) : undefined
  const address = (emulator?.url ?? url ?? '').replace(/\/$/, '')
  console.log(`What WeChat answers${url === undefined ? '' : `, at ${address}`}`)
  for (const filed of await findRules()) {
    const verdict = await judge(filed, address)
    if (verdict === 'holds') counts.holds += 1
    else counts.failed += 1
    console.log(`${verdict === 'holds' ? '✓' : '✗'} ${filed.name}`)
    if (verdict !== 'holds') console.log(`    ${filed.rule.title}\n    ${verdict.message}`)
  }
  await emulator?.close()
}

async function tryClients(): Promise<void> {
  await installClients()
  const waiting = [...subjects]
  // Most of the time is spent on waiting for clients to give up.
  const next = async (): Promise<void> => {
    const subject = waiting.shift()
    if (!subject) return
    console.log(await tryClient(subject))
    return next()
  }
  await Promise.all([next(), next(), next(), next()])
}

async function tryClient(subject: Subject): Promise<string> {
  if (subject.program.endsWith('.py') && !findPython()) {
    counts.skipped += subject.cases.length
    return `\n${subject.name}\n- SKIPPED: there is no python3 on this machine`
  }
  const emulator = await createEmulator({ port: 0, tlsPort: 0 })
  const bench = openBench(subject, emulator)
  const lines = [`\n${subject.name}`]
  for (const each of subject.cases) {
    const verdict = await bench.judge(each)
    if (verdict === 'works') {
      counts.holds += 1
      lines.push(`✓ ${each.title}`)
    } else if (verdict === 'defect') {
      counts.defects += 1
      lines.push(`! ${each.title}: it ${each.defect?.reason ?? ''}`)
    } else {
      counts.failed += 1
      lines.push(`✗ ${each.title}\n    ${verdict.message}`)
    }
  }
  await bench.close()
  await emulator.close()
  return lines.join('\n')
}
