import { expect, test } from 'vitest'
import { callErrcodes, errcodes, explainErrcode, WechatError } from '../../src/index.ts'
import type { ErrorEntry } from '../../src/index.ts'

const entries: [string, ErrorEntry][] = Object.entries(errcodes)
const ofCalls = Object.entries(callErrcodes).flatMap(([endpoint, table]) =>
  Object.entries(table).map(([errcode, entry]): [string, string, ErrorEntry] => [
    endpoint,
    errcode,
    entry,
  ]),
)

test('the table has WeChat’s global codes of a login and those of code2Session', () => {
  const needed = [
    -1, 40001, 40002, 40003, 40013, 40014, 40029, 40030, 40066, 40090, 40097, 40125, 40163, 40164,
    40226, 40243, 41001, 41002, 41003, 41004, 41008, 41009, 42001, 42002, 42003, 42007, 43001,
    43002, 43003, 44002, 45009, 45011, 45035, 47001, 48001, 48004, 48006, 50001, 50002, 50004,
    50007, 61004, 61007, 61024, 76021, 76022, 87008, 87009, 89501, 89503, 89506, 89507,
  ]
  expect(entries.map(([errcode]) => Number(errcode)).toSorted((a, b) => a - b)).toEqual(needed)
})

test.each([...entries.map(([errcode, entry]) => ['', errcode, entry] as const), ...ofCalls])(
  '%s %s has a meaning and a remedy in Chinese and in English',
  (_endpoint, _errcode, entry) => {
    for (const text of [entry.meaning, entry.fix]) {
      expect(text.zh).toMatch(/\p{Script=Han}/u)
      expect(text.en).not.toMatch(/\p{Script=Han}/u)
      expect(text.en.length).toBeGreaterThan(5)
    }
    expect(entry.fix.en).toMatch(/[.:]$/)
    expect(entry.fix.zh).toMatch(/。$/)
  },
)

test('only what passes by itself is retryable: WeChat busy, and the quota of a minute', () => {
  const retryable = entries.filter(([, entry]) => entry.retryable).map(([errcode]) => errcode)
  expect(retryable.toSorted()).toEqual(['-1', '45011'])
})

test('a call’s own meaning comes before the global one, and only in that call', () => {
  expect(explainErrcode(40001).meaning.en).toContain('access_token')
  expect(explainErrcode(40001, 'getStableAccessToken').meaning.en).toBe('AppSecret wrong')
  expect(explainErrcode(40029, 'getPhoneNumber').meaning.en).toContain('phone-number code')
  expect(explainErrcode(1, 'code2Session')).toBe(explainErrcode(1))
  expect(new WechatError('getFollower', 45009, '').retryable).toBe(false)
  expect(new WechatError('getUnlimitedQRCode', 45009, '').retryable).toBe(true)
})

test('names that every object has are no errcodes', () => {
  expect(explainErrcode(Number('constructor')).meaning.en).toContain('does not know')
})

test('errcodes.md is the table as it stands in the source', async () => {
  await expect(renderTable()).toMatchFileSnapshot('../../errcodes.md')
})

function renderTable(): string {
  const rows = entries
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([errcode, entry]) => renderRow(errcode, entry))
  return [
    '<!-- Written by test/errors/errcodes.test.ts from src/errors/errcodes.ts -->',
    '<!-- prettier-ignore-start -->',
    '',
    '# errcodes 错误码',
    '',
    '| errcode | fault 责任方 | retryable 可重试 | meaning 含义 | fix 处理 |',
    '| --: | --- | --- | --- | --- |',
    ...rows,
    '',
    '## What one call means by it 各接口自己的含义',
    '',
    '| call 接口 | errcode | fault 责任方 | retryable 可重试 | meaning 含义 | fix 处理 |',
    '| --- | --: | --- | --- | --- | --- |',
    ...ofCalls.map(([endpoint, errcode, entry]) => `| ${endpoint} ${renderRow(errcode, entry)}`),
    '',
    '<!-- prettier-ignore-end -->',
    '',
  ].join('\n')
}

function renderRow(errcode: string, { fault, retryable, meaning, fix }: ErrorEntry): string {
  return [
    `| ${errcode}`,
    fault,
    retryable ? 'yes 是' : 'no 否',
    `${meaning.en}<br>${meaning.zh}`,
    `${fix.en}<br>${fix.zh} |`,
  ].join(' | ')
}
