import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../miniprogram')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const app = JSON.parse(read('app.json')) as { pages: string[]; sitemapLocation: string }
const components = [
  ...new Set(
    app.pages.flatMap((page) => {
      const { usingComponents } = JSON.parse(read(`${page}.json`)) as {
        usingComponents: Record<string, string>
      }
      return Object.values(usingComponents).map((path) => path.replace(/^\//, ''))
    }),
  ),
]
const parts = [...app.pages, ...components]

describe('the files of the mini program', () => {
  it('are all there: each page of app.json, its components, and the sitemap', () => {
    const wanted = parts.flatMap((page) =>
      ['js', 'json', 'wxml'].map((extension) => `${page}.${extension}`),
    )
    const missing = [...wanted, app.sitemapLocation].filter((file) => !existsSync(join(root, file)))
    expect(missing).toEqual([])
  })

  it.each(parts)('%s binds only to handlers that it has', (page) => {
    const script = read(`${page}.js`)
    const handlers = [...read(`${page}.wxml`).matchAll(/\bbind:?\w+="(\w+)"/g)].map(
      ([, name]) => name ?? '',
    )
    expect(handlers.length).toBeGreaterThan(0)
    for (const name of handlers)
      expect(script).toMatch(new RegExp(`^ {2,4}(async )?${name}\\(`, 'm'))
  })

  it('[WX-15] ask for the consent to the privacy guide wherever a button needs it', () => {
    const buttons = /open-type="(getPhoneNumber|getRealtimePhoneNumber|chooseAvatar)"/
    const needing = app.pages.filter((page) => buttons.test(read(`${page}.wxml`)))
    expect(needing).toHaveLength(2)
    for (const page of needing) expect(read(`${page}.wxml`)).toContain('<privacy-popup')
    // WeChat looks for the very button that was tapped.
    const popup = read(`${components[0]}.wxml`)
    expect(popup).toMatch(/id="agree-privacy" open-type="agreePrivacyAuthorization"/)
    expect(read(`${components[0]}.js`)).toContain("buttonId: 'agree-privacy'")
  })

  it('lead only to pages that there are', () => {
    const links = parts.flatMap((part) => [
      ...(read(`${part}.wxml`) + read(`${part}.js`)).matchAll(/url[:=]\s*['"]\/([\w/-]+)/g),
    ])
    expect(links.length).toBeGreaterThan(5)
    for (const [, path] of links) expect(app.pages).toContain(path)
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
