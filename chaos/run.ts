// npm run chaos: breaks three nodes of Kaimen in every way we know, and looks what was lost.
// --small runs the form that `npm test` runs.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { fullScale, isSound, runCampaign, smallScale, type PhaseResult } from './campaign.ts'
import { missingPrograms } from './services.ts'

const missing = missingPrograms()
if (missing.length > 0) {
  console.error(`npm run chaos needs ${missing.join(' and ')} on this machine.`)
  process.exit(2)
}
const isSmall = process.argv.includes('--small')
// What was started ends with this process.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
process.once('SIGHUP', () => process.exit(129))

const boundMinutes = 10
setTimeout(() => {
  console.error(`${boundMinutes} minutes are over: something hangs.`)
  process.exit(1)
}, boundMinutes * 60_000).unref()

const began = performance.now()
const results = await runCampaign(isSmall ? smallScale : fullScale, (text) => {
  const seconds = Math.round((performance.now() - began) / 1000)
  console.log(`${String(seconds).padStart(4)} s  ${text}`)
})
const table = render(results)
console.log(`\n${table}`)
if (!isSmall) {
  writeFileSync(fileURLToPath(new URL('results.md', import.meta.url)), page(table))
}
console.log(
  isSound(results) ? 'Nothing that was answered was lost.' : 'SOMETHING BROKE: see above.',
)
process.exit(isSound(results) ? 0 : 1)

function render(of: readonly PhaseResult[]): string {
  const rows = of.map(({ name, requests, retries, failures, longestMs, broken, note }) => [
    name,
    String(requests),
    String(retries),
    String(failures.length),
    `${(longestMs / 1000).toFixed(1)} s`,
    broken.length === 0 ? 'none' : String(broken.length),
    note,
  ])
  const head = [
    'what is done',
    'requests',
    'repeated',
    'failed in the end',
    'longest wait',
    'broken promises',
    'note',
  ]
  const widths = head.map((title, i) =>
    Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0), title.length),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |\n`
  return line(head) + line(widths.map((width) => '-'.repeat(width))) + rows.map(line).join('')
}

function page(of: string): string {
  return `# Chaos: results

Written by \`npm run chaos\`; see [the README](README.md) for what is done and what is held. ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}, all of it on one machine.

${of}`
}
