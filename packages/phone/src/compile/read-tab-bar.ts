import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { TabBarConfig } from '../run/program.ts'
import { hasFile, locate, type Sources } from './sources.ts'

const types: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
}

/** The tab bar with its icons in it. */
export function readTabBar(sources: Sources, tabBar: TabBarConfig): TabBarConfig {
  const read = (path: string | undefined) => {
    const file = path && locate('app.json', path)
    if (!file || !hasFile(sources, file)) return ''
    const type = types[extname(file)] ?? 'image/png'
    return `data:${type};base64,${readFileSync(join(sources.root, file)).toString('base64')}`
  }
  const list = tabBar.list.map((tab) => ({
    ...tab,
    iconPath: read(tab.iconPath),
    selectedIconPath: read(tab.selectedIconPath),
  }))
  return { ...tabBar, list }
}
