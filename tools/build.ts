// Emits every package afresh: what tsc -b emits, then the package's own build script where it has one.

import { globSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runNode, runNpm, type Outcome } from './command.ts'

export async function build(root: string): Promise<Outcome> {
  // A file whose source is gone would otherwise be published.
  for (const folder of globSync('packages/*/dist', { cwd: root })) {
    rmSync(join(root, folder), { recursive: true })
  }
  const tsc = join(import.meta.dirname, '../node_modules/typescript/bin/tsc')
  const projects = globSync('packages/*/tsconfig.json', { cwd: root })
  const compiled = await runNode(tsc, ['-b', ...projects], root)
  if (!compiled.passed) return compiled
  for (const manifest of globSync('packages/*/package.json', { cwd: root })) {
    const { scripts } = JSON.parse(readFileSync(join(root, manifest), 'utf8')) as {
      scripts?: Record<string, string>
    }
    if (scripts?.build === undefined) continue
    const built = await runNpm(['run', '--silent', 'build'], join(root, dirname(manifest)))
    if (!built.passed) return built
  }
  return { passed: true, output: '' }
}

if (import.meta.main) {
  const { passed, output } = await build(join(import.meta.dirname, '..'))
  console.log(passed ? 'Built every package.' : output)
  process.exitCode = passed ? 0 : 1
}
