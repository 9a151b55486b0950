import type { AdminOverview } from '@kaimen/protocol'
import { Button } from 'tdesign-vue-next'
import { defineComponent, ref } from 'vue'
import { call } from '../api.ts'
import { formatInstant, formatNumber, language, t } from '../language.ts'
import { useLoaded } from '../load.ts'
import { Chart } from '../parts/chart.tsx'
import { showChoice } from '../parts/field.tsx'
import { showProblem } from '../parts/problem.tsx'
import { showTable } from '../parts/table.tsx'
import { linkTo } from '../route.ts'
import { nameFailure, nameWay } from '../words.ts'

const pollSeconds = 10

const ranges = {
  day: { hours: 24, by: 'hour', title: () => t('24 小时', '24 hours') },
  week: { hours: 7 * 24, by: 'hour', title: () => t('7 天', '7 days') },
  month: { hours: 30 * 24, by: 'day', title: () => t('30 天', '30 days') },
} as const
type Range = keyof typeof ranges

export const Overview = defineComponent({
  name: 'Overview',
  setup() {
    const range = ref<Range>('day')
    const overview = useLoaded(
      (signal) => {
        const { hours, by } = ranges[range.value]
        const since = new Date(Date.now() - hours * 3_600_000).toISOString()
        return call('GET /v1/admin/overview', { query: { since, by }, signal })
      },
      { of: () => range.value, everySeconds: pollSeconds },
    )

    function showNumbers({ buckets, active_devices }: AdminOverview) {
      const sum = (name: 'signed_in' | 'failed' | 'new_users') =>
        buckets.reduce((total, bucket) => total + bucket[name], 0)
      const [signedIn, failed] = [sum('signed_in'), sum('failed')]
      const tried = signedIn + failed
      const numbers: readonly (readonly [string, string, string])[] = [
        [t('登录成功', 'Sign-ins'), formatNumber(signedIn), ''],
        [
          t('登录失败', 'Failures'),
          formatNumber(failed),
          tried === 0
            ? ''
            : t(`占 ${formatShare(failed / tried)}`, `${formatShare(failed / tried)} of all`),
        ],
        [t('新用户', 'New users'), formatNumber(sum('new_users')), ''],
        [
          t('活跃设备', 'Active devices'),
          `${formatNumber(active_devices.count)}${active_devices.complete ? '' : '+'}`,
          t('现在', 'now'),
        ],
      ]
      return (
        <dl class="numbers">
          {numbers.map(([name, value, note]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                {value} <small>{note}</small>
              </dd>
            </div>
          ))}
        </dl>
      )
    }

    function showTime({ buckets, by }: AdminOverview) {
      const moments = buckets.map(({ at }) => formatMoment(at, by))
      return (
        <>
          <div class="panels">
            <figure class="panel">
              <figcaption>{t('登录', 'Sign-ins')}</figcaption>
              <Chart
                label={t(
                  '登录成功与失败随时间的变化；数字见下面的表格',
                  'Sign-ins and failures over time; the numbers are in the table below',
                )}
                moments={moments}
                series={[
                  {
                    name: t('成功', 'Signed in'),
                    kind: 'bar',
                    color: '--td-brand-color',
                    values: buckets.map(({ signed_in }) => signed_in),
                  },
                  {
                    name: t('失败', 'Failed'),
                    kind: 'bar',
                    color: '--td-error-color',
                    values: buckets.map(({ failed }) => failed),
                  },
                ]}
              />
            </figure>
            <figure class="panel">
              <figcaption>{t('新用户', 'New users')}</figcaption>
              <Chart
                label={t(
                  '新用户随时间的变化；数字见下面的表格',
                  'New users over time; the numbers are in the table below',
                )}
                moments={moments}
                series={[
                  {
                    name: t('新用户', 'New users'),
                    kind: 'line',
                    color: '--td-success-color',
                    values: buckets.map(({ new_users }) => new_users),
                  },
                ]}
              />
            </figure>
          </div>
          <details class="numbers-table">
            <summary>{t('以表格查看', 'As a table')}</summary>
            {showTable({
              label: t('随时间的变化', 'Over time'),
              rows: buckets.filter(
                (bucket) => bucket.signed_in + bucket.failed + bucket.new_users > 0,
              ),
              keyOf: ({ at }) => at,
              empty: t('这段时间没有人登录。', 'Nobody signed in in this time.'),
              columns: [
                { title: t('开始', 'From'), cell: ({ at }) => formatInstant(at) },
                {
                  title: t('成功', 'Signed in'),
                  right: true,
                  cell: (of) => formatNumber(of.signed_in),
                },
                { title: t('失败', 'Failed'), right: true, cell: (of) => formatNumber(of.failed) },
                {
                  title: t('新用户', 'New users'),
                  right: true,
                  cell: (of) => formatNumber(of.new_users),
                },
              ],
            })}
          </details>
        </>
      )
    }

    function showWays({ ways_in }: AdminOverview) {
      const most = Math.max(1, ...ways_in.map(({ count }) => count))
      if (ways_in.length === 0)
        return <p class="empty">{t('这段时间没有人登录。', 'Nobody signed in in this time.')}</p>
      return (
        <ul class="bars">
          {ways_in.map(({ by, count }) => (
            <li key={by}>
              <span>{nameWay(by)}</span>
              <span class="bar" aria-hidden="true">
                <span style={{ width: `${(count / most) * 100}%` }} />
              </span>
              <b>{formatNumber(count)}</b>
            </li>
          ))}
        </ul>
      )
    }

    function showLatency({ latency }: AdminOverview) {
      return showTable({
        label: t('响应时间', 'Latency'),
        rows: latency,
        keyOf: ({ kind }) => kind,
        empty: t('最近 15 分钟没有请求。', 'There was no request in the last 15 minutes.'),
        columns: [
          { title: t('请求', 'Request'), cell: ({ kind }) => nameLatency(kind) },
          {
            title: t('一半以内', 'Half within'),
            right: true,
            cell: ({ median_ms }) => `${formatNumber(median_ms)} ms`,
          },
          {
            title: t('95% 以内', '95 % within'),
            right: true,
            cell: ({ p95_ms }) => `${formatNumber(p95_ms)} ms`,
          },
          { title: t('次数', 'Times'), right: true, cell: ({ count }) => formatNumber(count) },
        ],
      })
    }

    return () => {
      const found = overview.value.value
      return (
        <section>
          <div class="heading">
            <h1 tabindex={-1}>{t('概览', 'Overview')}</h1>
            <div class="heading-side">
              {overview.atMs.value === 0 ? undefined : (
                <span class={overview.failure.value ? 'live stale' : 'live'}>
                  {t(
                    `更新于 ${formatClock(overview.atMs.value)}`,
                    `As of ${formatClock(overview.atMs.value)}`,
                  )}
                </span>
              )}
              {showChoice({
                label: t('时间段', 'Period'),
                value: range.value,
                options: Object.entries(ranges).map(([value, { title }]) => ({
                  value,
                  label: title(),
                })),
                onChoose: (value) => {
                  if (value in ranges) range.value = value as Range
                },
              })}
              <Button size="small" variant="outline" onClick={() => void overview.reload()}>
                {t('刷新', 'Refresh')}
              </Button>
            </div>
          </div>
          {showProblem(overview.failure.value, overview.reload)}
          {found === undefined ? (
            overview.failure.value ? undefined : (
              <p class="loading">{t('正在加载…', 'Loading…')}</p>
            )
          ) : (
            <>
              {found.complete ? undefined : (
                <p class="hint">
                  {t(
                    '这段时间的记录太多，没有数完：较早的数字偏低。请选短一些的时间段。',
                    'There was too much in this period to count it all: the older numbers are too low. Choose a shorter one.',
                  )}
                </p>
              )}
              {showNumbers(found)}
              {showTime(found)}
              <div class="panels">
                <div class="panel">
                  <h2>{t('登录方式', 'Ways in')}</h2>
                  {showWays(found)}
                </div>
                <div class="panel">
                  <h2>{t('失败原因', 'Failures')}</h2>
                  {showTable({
                    label: t('失败原因', 'Failures'),
                    rows: found.failures,
                    keyOf: ({ code, errcode }) => `${code} ${errcode}`,
                    empty: t('这段时间没有失败。', 'Nothing failed in this time.'),
                    columns: [
                      { title: t('原因', 'Reason'), cell: ({ code }) => nameFailure(code) },
                      { title: t('代码', 'Code'), cell: ({ code }) => <code>{code}</code> },
                      {
                        title: t('微信错误码', 'WeChat errcode'),
                        cell: ({ errcode }) => (errcode === null ? '–' : <code>{errcode}</code>),
                      },
                      {
                        title: t('次数', 'Times'),
                        right: true,
                        cell: ({ count }) => formatNumber(count),
                      },
                    ],
                  })}
                  {found.failures.length === 0 ? undefined : (
                    <p>
                      <a href={linkTo(['audit'], { kind: 'sign_in_failed' })}>
                        {t('在审计日志里看每一次', 'Each of them, in the audit log')}
                      </a>
                    </p>
                  )}
                </div>
                <div class="panel">
                  <h2>{t('响应时间', 'Latency')}</h2>
                  {showLatency(found)}
                  <p class="hint">
                    {t(
                      '应答本页的节点，最近 15 分钟，每种最多 1024 次。',
                      'Of the node that answers this page: the last 15 minutes, 1,024 of each kind at most.',
                    )}
                  </p>
                </div>
              </div>
            </>
          )}
        </section>
      )
    }
  },
})

function nameLatency(kind: AdminOverview['latency'][number]['kind']): string {
  switch (kind) {
    case 'sign_in':
      return t('登录', 'Sign-in')
    case 'refresh':
      return t('刷新令牌', 'Refresh')
    case 'check':
      return t('查询用户与令牌', 'User and token checks')
  }
}

function formatShare(share: number): string {
  return share.toLocaleString(language.value, { style: 'percent', maximumFractionDigits: 1 })
}

function formatClock(atMs: number): string {
  return new Date(atMs).toLocaleTimeString(language.value)
}

function formatMoment(instant: string, by: 'hour' | 'day'): string {
  const date = new Date(instant)
  return by === 'day'
    ? // The server's days are those of UTC.
      date.toLocaleDateString(language.value, { month: 'numeric', day: 'numeric', timeZone: 'UTC' })
    : date.toLocaleString(language.value, {
        month: 'numeric',
        day: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
        hour12: false,
      })
}
