import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../miniprogram')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const app = JSON.parse(read('app.json')) as { pages: string[]; sitemapLocation: string }

describe('the files of the mini program', () => {
  it('are all there: each page of app.json, and the sitemap', () => {
    const wanted = app.pages.flatMap((page) =>
      ['js', 'json', 'wxml'].map((extension) => `${page}.${extension}`),
    )
    const missing = [...wanted, app.sitemapLocation].filter((file) => !existsSync(join(root, file)))
    expect(missing).toEqual([])
  })

  it.each(app.pages)('%s binds only to handlers that it has', (page) => {
    const script = read(`${page}.js`)
    const handlers = [...read(`${page}.wxml`).matchAll(/\bbind:?\w+="(\w+)"/g)].map(
      ([, name]) => name ?? '',
    )
    expect(handlers.length).toBeGreaterThan(0)
    for (const name of handlers) expect(script).toMatch(new RegExp(`^  (async )?${name}\\(`, 'm'))
  })

  it('are a project that WeChat’s DevTools can open and build npm for', () => {
    const project = JSON.parse(read('../project.config.json')) as {
      miniprogramRoot: string
      setting: { packNpmRelationList: Array<Record<string, string>> }
    }
    expect(project.miniprogramRoot).toBe('miniprogram/')
    expect(project.setting.packNpmRelationList).toEqual([
      { packageJsonPath: './package.json', miniprogramNpmDistDir: './miniprogram/' },
    ])
  })

  it('[WX-2] hold no secret', () => {
    const files = globSync('**/*.{js,json,wxml}', { cwd: root, exclude: ['miniprogram_npm'] })
    expect(files.filter((file) => /secret|session_key/i.test(read(file)))).toEqual([])
    expect(files.length).toBeGreaterThan(8)
  })
})
