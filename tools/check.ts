// Runs the checks, prints one line for each, and shows the output of those that failed.
// Usage: check.ts [--root <folder>] [step …]   (all steps when none is named)

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runNode, type Outcome } from './command.ts'
import { checkDirections } from './directions.ts'
import { checkPackaging } from './packaging.ts'

/** In the order they run: the fast ones first. */
const steps: Record<string, (root: string) => Promise<Outcome>> = {
  directions: checkDirections,
  lint: (root) => runTool('oxlint/bin/oxlint', ['--format=unix'], root),
  'dead-code': checkDeadCode,
  format: (root) => runTool('prettier/bin/prettier.cjs', ['--check', '.'], root),
  types: (root) => runTool('typescript/bin/tsc', ['-b'], root),
  packaging: checkPackaging,
}

const { values, positionals } = parseArgs({
  options: { root: { type: 'string', default: join(import.meta.dirname, '..') } },
  allowPositionals: true,
})
const names = positionals.length > 0 ? positionals : Object.keys(steps)
const unknown = names.filter((name) => !(name in steps))
if (unknown.length > 0) {
  console.error(
    `No check is named ${unknown.join(', ')}. There are: ${Object.keys(steps).join(', ')}.`,
  )
  process.exit(1)
}

let failed = 0
for (const [name, check] of Object.entries(steps)) {
  if (!names.includes(name)) continue
  const beganMs = performance.now()
  const { passed, output } = await check(values.root).catch(crashed)
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
  console.log(`${passed ? '✓' : '✗'} ${name.padEnd(12)} ${seconds.padStart(5)} s`)
  if (!passed) {
    failed += 1
    console.log(`\n${output.trim()}\n`)
  }
}
console.log(failed === 0 ? 'Every check passed.' : `${failed} of ${names.length} checks failed.`)
process.exitCode = failed === 0 ? 0 : 1

function runTool(tool: string, args: string[], root: string): Promise<Outcome> {
  return runNode(join(import.meta.dirname, '../node_modules', tool), args, root)
}

/** Once over everything, and once over what is published: what only a test needs is dead there. */
async function checkDeadCode(root: string): Promise<Outcome> {
  const whole = await runTool('knip/bin/knip.js', ['--no-progress'], root)
  if (!whole.passed) return whole
  const published = [
    '--production',
    '--workspace',
    './packages/*',
    '--include',
    'files,dependencies',
  ]
  return runTool('knip/bin/knip.js', ['--no-progress', ...published], root)
}

function crashed(error: unknown): Outcome {
  return {
    passed: false,
    output: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }
}
