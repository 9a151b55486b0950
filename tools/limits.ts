// Writes the tables of docs/limits.md from the limits that the server counts by. The text around
// them is written by hand.
// Usage: npm run docs

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addressLimits, mostPerAddress } from '../packages/server/src/challenge/address-limits.ts'
import { otpLimits } from '../packages/server/src/challenge/otp-limits.ts'
import { maxOtpTries, otpTtlMs } from '../packages/server/src/challenge/otp.ts'
import { maxPictures } from '../packages/server/src/challenge/scan.ts'
import { maxBodyBytes } from '../packages/server/src/http/body.ts'
import { hardLimit } from '../packages/server/src/password/lockout.ts'
import { checkPasswordOptions } from '../packages/server/src/password/options.ts'
import { maxReplays } from '../packages/server/src/session/refresh.ts'

const root = join(import.meta.dirname, '..')

type Language = 'en' | 'zh-CN'
type Words = Readonly<Record<Language, string>>
type Row = readonly string[]

export const limitDocs: Readonly<Record<Language, string>> = {
  en: 'docs/limits.md',
  'zh-CN': 'docs/limits.zh-CN.md',
}

const subjects: Readonly<Record<'address' | 'app' | 'server' | 'phone', Words>> = {
  address: { en: 'address', 'zh-CN': '地址' },
  app: { en: 'app', 'zh-CN': '应用' },
  server: { en: 'server', 'zh-CN': '服务端' },
  phone: { en: 'phone', 'zh-CN': '手机号' },
}
const within = { pause: '60 s', minute: '1 min', hour: '1 h', day: '1 d' } as const
const outage: Readonly<Record<'pass' | 'refuse', Words>> = {
  pass: { en: 'goes on, uncounted', 'zh-CN': '照常处理，不计数' },
  refuse: { en: 'is refused: 503', 'zh-CN': '拒绝：503' },
}
const range = (most: number): Words => ({ en: `1 to ${most}`, 'zh-CN': `1 到 ${most}` })

const { maxFailures, lockMs } = checkPasswordOptions().lockout
const minuteMs = 60_000

type Other = {
  /** None: every endpoint with a body. */
  readonly endpoints: readonly string[]
  readonly what: Words
  readonly most: Words
  readonly options?: readonly string[]
}

const plain = (text: string | number): Words => ({ en: String(text), 'zh-CN': String(text) })
const codes = ['POST /v1/sign-in/otp', 'PUT /v1/me/phone']
const passwords = ['POST /v1/sign-in/password', 'PUT /v1/me/password']
const administrators = ['POST /v1/admin/sign-in', 'POST /v1/admin/sign-in/second-factor']

const otherLimits: readonly Other[] = [
  {
    endpoints: codes,
    what: {
      en: 'tries of one code, counted before they are compared',
      'zh-CN': '一个验证码的尝试次数，先计数再比对',
    },
    most: plain(maxOtpTries),
  },
  {
    endpoints: codes,
    what: { en: 'life of a code', 'zh-CN': '验证码的有效期' },
    most: plain(`${otpTtlMs / minuteMs} min`),
  },
  {
    endpoints: passwords,
    what: {
      en: 'wrong passwords of one account in a row',
      'zh-CN': '一个账号连续输错密码的次数',
    },
    most: {
      en: `${maxFailures}, then none for ${lockMs / minuteMs} min, doubled by each further one, a day at most`,
      'zh-CN': `${maxFailures}，随后锁定 ${lockMs / minuteMs} min，每再错一次加倍，最长一天`,
    },
    options: ['password.lockout.maxFailures', 'password.lockout.lockSeconds'],
  },
  {
    endpoints: passwords,
    what: { en: 'the same, however slow', 'zh-CN': '同上，无论间隔多久' },
    most: {
      en: `${hardLimit}, then the password is no way in until another proof sets a new one`,
      'zh-CN': `${hardLimit}，此后密码不能登录，直到用其他方式设置新密码`,
    },
  },
  {
    endpoints: administrators,
    what: {
      en: 'wrong passwords of one name, and wrong codes of one administrator, in a row',
      'zh-CN': '一个名称连续输错密码、一个管理员连续输错验证码的次数',
    },
    most: {
      en: `${maxFailures}, then as above; from ${hardLimit} on, until another set-up link`,
      'zh-CN': `${maxFailures}，随后同上；达到 ${hardLimit} 次后，需要新的设置链接`,
    },
    options: ['password.lockout.maxFailures', 'password.lockout.lockSeconds'],
  },
  {
    endpoints: ['POST /v1/token'],
    what: {
      en: 'repeats of one used refresh token within its grace; uncounted while the store is away',
      'zh-CN': '宽限期内重复使用同一个已用过的刷新令牌；存储失联时不计数',
    },
    most: plain(maxReplays),
  },
  {
    endpoints: ['GET /v1/scan/{id}/qr'],
    what: { en: 'pictures of one scan', 'zh-CN': '一次扫码登录的小程序码图片' },
    most: plain(maxPictures),
  },
  {
    endpoints: [],
    what: { en: 'the body', 'zh-CN': '请求体大小' },
    most: plain(`${maxBodyBytes / 1024} KiB`),
  },
]

const texts = {
  en: {
    codes: ['counted for', 'at most', 'within', 'option', 'range'],
    addresses: ['endpoint', 'at most', 'within', 'option', 'range', 'while the store is away'],
    others: ['endpoint', 'what is counted', 'at most', 'option'],
    all: 'every endpoint with a body',
    comma: ', ',
  },
  'zh-CN': {
    codes: ['计数对象', '最多', '时间', '选项', '取值范围'],
    addresses: ['接口', '最多', '时间', '选项', '取值范围', '存储失联时'],
    others: ['接口', '计数内容', '最多', '选项'],
    all: '所有带请求体的接口',
    comma: '、',
  },
} as const

/** The tables, by the name that stands above each in the page. */
function renderTables(language: Language): Readonly<Record<string, string>> {
  const { comma, all, ...columns } = texts[language]
  const list = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(comma)
  return {
    codes: table(
      columns.codes,
      otpLimits.map(({ per, max, window, option }) => [
        subjects[per][language],
        String(max),
        within[window],
        option ? `\`otp.${option.name}\`` : '',
        option ? range(option.most)[language] : '',
      ]),
    ),
    addresses: table(
      columns.addresses,
      Object.values(addressLimits).map(({ endpoints, max, window, option, onOutage }) => [
        list(endpoints),
        String(max),
        within[window],
        `\`limits.${option}\``,
        range(mostPerAddress)[language],
        outage[onOutage][language],
      ]),
    ),
    others: table(
      columns.others,
      otherLimits.map(({ endpoints, what, most, options = [] }) => [
        endpoints.length > 0 ? list(endpoints) : all,
        what[language],
        most[language],
        list(options),
      ]),
    ),
  }
}

function table(columns: Row, rows: readonly Row[]): string {
  const lines = [columns, columns.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/**
 * The page with its tables written anew.
 *
 * @param page As it stands. A table follows `<!-- limits: name -->` and ends before `<!-- end -->`.
 */
export function renderLimits(language: Language, page: string): string {
  const tables = renderTables(language)
  const names = new Set(Object.keys(tables))
  const written = page.replaceAll(
    /(<!-- limits: (\w+) -->\n)[^]*?(\n<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => {
      if (!names.delete(name)) throw new Error(`${limitDocs[language]}: no table ${name}`)
      return `${begin}\n${tables[name] ?? ''}\n${end}`
    },
  )
  if (names.size > 0) throw new Error(`${limitDocs[language]} lacks ${[...names].join(', ')}`)
  return written
}

export function writeLimits(): void {
  for (const language of ['en', 'zh-CN'] as const) {
    const path = join(root, limitDocs[language])
    writeFileSync(path, renderLimits(language, readFileSync(path, 'utf8')))
  }
}
