import type { AdminLimits } from '@kaimen/protocol'
import { defineComponent } from 'vue'
import { call } from '../api.ts'
import { formatNumber, formatSpan, t } from '../language.ts'
import { useLoaded } from '../load.ts'
import { showProblem } from '../parts/problem.tsx'
import { showTable } from '../parts/table.tsx'
import { nameCounted, namePer, nameWindow } from '../words.ts'

export const Limits = defineComponent({
  name: 'Limits',
  setup() {
    const limits = useLoaded((signal) => call('GET /v1/admin/limits', { signal }))

    function showFacts({ password, ...of }: AdminLimits) {
      const day = 86_400
      const facts: readonly (readonly [string, string])[] = [
        [t('访问令牌有效', 'Life of an access token'), formatSpan(of.access_token_seconds)],
        [t('删除可反悔', 'A deletion can be taken back for'), formatSpan(of.deletion_days * day)],
        [t('结束的会话保留', 'Ended sessions are kept for'), formatSpan(of.session_days * day)],
        [t('审计日志保留', 'The audit log is kept for'), formatSpan(of.event_days * day)],
        [
          t('密码最短', 'Shortest password'),
          t(`${password.min_length} 个字符`, `${password.min_length} characters`),
        ],
        [
          t('密码输错后锁定', 'Wrong passwords lock'),
          t(
            `连续 ${password.max_failures} 次后锁 ${formatSpan(password.lock_seconds)}`,
            `after ${password.max_failures} in a row, for ${formatSpan(password.lock_seconds)} at first`,
          ),
        ],
        [t('每个节点同时处理', 'Requests at a time on a node'), formatNumber(of.max_requests)],
      ]
      return (
        <dl class="facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )
    }

    return () => (
      <section>
        <h1 tabindex={-1}>{t('限额', 'Limits')}</h1>
        <p class="hint">
          {t(
            '这里只显示服务器的配置；要改动，请改配置并重启。',
            'As the server is set. To change them, change its settings and start it anew.',
          )}
        </p>
        {showProblem(limits.failure.value, limits.reload)}
        {limits.failure.value && limits.value.value === undefined
          ? undefined
          : showTable({
              label: t('限额', 'Limits'),
              rows: limits.value.value?.limits,
              keyOf: ({ counts, per, window }) => `${counts} ${per} ${window}`,
              empty: t('没有限额。', 'There is no limit.'),
              columns: [
                { title: t('计数', 'Counts'), cell: ({ counts }) => nameCounted(counts) },
                { title: t('范围', 'Per'), cell: ({ per }) => namePer(per) },
                { title: t('窗口', 'Window'), cell: ({ window }) => nameWindow(window) },
                { title: t('最多', 'At most'), right: true, cell: ({ max }) => formatNumber(max) },
              ],
            })}
        {limits.value.value === undefined ? undefined : showFacts(limits.value.value)}
      </section>
    )
  },
})
