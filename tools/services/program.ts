// The programs that tests run by themselves: each is used where it is installed.

import { spawnSync } from 'node:child_process'
import { findOnPath } from './find.ts'

export type Program = {
  readonly name: string
  /** What tells the tests its path. */
  readonly variable: string
  /** Debian's. */
  readonly packages: readonly string[]
  /** Its path; `undefined` where it is not installed. */
  find(): string | undefined
}

const chromium: Program = {
  name: 'Chromium',
  variable: 'TEST_CHROMIUM',
  // Without a font that has them, Chinese characters are boxes.
  packages: ['chromium', 'fonts-noto-cjk'],
  find: () => findThatRuns(['chromium', 'chromium-browser', 'google-chrome'], '--version'),
}

/** For the recipes of docs/verify-other-languages.md. */
const go: Program = {
  name: 'Go',
  variable: 'TEST_GO',
  packages: ['golang-go'],
  find: () => findThatRuns(['go'], 'version'),
}

/** Ubuntu has a chromium-browser that only tells where to get one. */
function findThatRuns(names: readonly string[], argument: string): string | undefined {
  return names
    .map((name) => findOnPath(name))
    .find((path) => path !== undefined && spawnSync(path, [argument]).status === 0)
}

export const programs: readonly Program[] = [chromium, go]
