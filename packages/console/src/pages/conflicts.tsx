import type { AdminUser } from '@kaimen/protocol'
import { Button } from 'tdesign-vue-next'
import { defineComponent } from 'vue'
import { call } from '../api.ts'
import { formatInstant, t } from '../language.ts'
import { useLoaded } from '../load.ts'
import { ask } from '../parts/ask.tsx'
import { linkUser, showCode } from '../parts/events.tsx'
import { showProblem } from '../parts/problem.tsx'
import { showTable } from '../parts/table.tsx'
import { may } from '../who.ts'

const undoableMs = 30 * 86_400_000

export const Conflicts = defineComponent({
  name: 'Conflicts',
  setup() {
    const conflicts = useLoaded(
      async (signal) => (await call('GET /v1/admin/conflicts', { signal })).conflicts,
      { everySeconds: 30 },
    )
    const merges = useLoaded(async (signal) =>
      (await call('GET /v1/admin/merges', { signal })).merges.toReversed(),
    )

    async function lookAgain() {
      await Promise.all([conflicts.reload(), merges.reload()])
    }

    function askMerge(from: AdminUser, into: AdminUser) {
      ask({
        title: t(
          `把 ${nameUser(from)} 并入 ${nameUser(into)}？`,
          `Merge ${nameUser(from)} into ${nameUser(into)}?`,
        ),
        says: () =>
          t(
            `${into.id} 保留，${from.id} 的身份、手机号和设备归它所有；两边都会退出登录。30 天内可以撤销。`,
            `${into.id} stays, and what led to ${from.id} leads to it; both are signed out. It can be undone for 30 days.`,
          ),
        button: t('合并', 'Merge'),
        danger: true,
        act: async () => {
          const { merge_id } = await call('POST /v1/admin/merges', {
            body: { from: from.id, into: into.id },
          })
          await lookAgain()
          return t(
            `已合并（${merge_id}），30 天内可以撤销。`,
            `Merged (${merge_id}); it can be undone for 30 days.`,
          )
        },
      })
    }

    function askDismiss(id: string) {
      ask({
        title: t('让两个用户保持分开？', 'Leave the two apart?'),
        says: () =>
          t(
            '不再提示合并这一对，两个账号都不变。',
            'The pair is not shown again. Neither account changes.',
          ),
        button: t('保持分开', 'Leave apart'),
        act: async () => {
          await call('POST /v1/admin/conflicts/{id}/dismiss', { params: { id } })
          await lookAgain()
          return t('两个账号保持分开。', 'The two stay apart.')
        },
      })
    }

    function askUndo(id: string) {
      ask({
        title: t('撤销这次合并？', 'Undo this merge?'),
        says: () =>
          t(
            '合并拿走的归还原来的用户；两边都要重新登录。',
            'What the merge took is given back; both sign in anew.',
          ),
        button: t('撤销合并', 'Undo the merge'),
        act: async () => {
          await call('POST /v1/admin/merges/{id}/undo', { params: { id } })
          await lookAgain()
          return t('合并已撤销。', 'The merge is undone.')
        },
      })
    }

    return () => (
      <section>
        <h1 tabindex={-1}>{t('合并', 'Merging')}</h1>
        <p class="hint">
          {t(
            '微信后来才告诉我们两个用户是同一个人时，会排在这里；在你决定之前什么都不会合并。',
            'Where WeChat tells later that two users are one person, the pair waits here. Nothing is merged until you say so.',
          )}
        </p>
        <h2>{t('待决定', 'To decide')}</h2>
        {showProblem(conflicts.failure.value, conflicts.reload)}
        {conflicts.failure.value && conflicts.value.value === undefined
          ? undefined
          : showTable({
              label: t('待决定的合并', 'Pairs to decide'),
              rows: conflicts.value.value,
              keyOf: ({ id }) => id,
              empty: t('没有待决定的合并。', 'There is nothing to decide.'),
              columns: [
                { title: t('登录的用户', 'Who signed in'), cell: ({ user }) => showUser(user) },
                {
                  title: t('持有 unionid 的用户', 'Who holds the unionid'),
                  cell: ({ holder }) => showUser(holder),
                },
                { title: t('应用', 'App'), cell: ({ app_id }) => showCode(app_id) },
                {
                  title: t('发现于', 'Found'),
                  cell: ({ created_at }) => formatInstant(created_at),
                },
                {
                  title: t('决定', 'Decision'),
                  cell: ({ id, user, holder }) =>
                    may('operator') ? (
                      <div class="acts">
                        {user && holder
                          ? [
                              <Button
                                size="small"
                                variant="outline"
                                onClick={() => askMerge(user, holder)}
                              >
                                {t('右边保留…', 'Keep the holder…')}
                              </Button>,
                              <Button
                                size="small"
                                variant="outline"
                                onClick={() => askMerge(holder, user)}
                              >
                                {t('左边保留…', 'Keep who signed in…')}
                              </Button>,
                            ]
                          : undefined}
                        <Button size="small" variant="outline" onClick={() => askDismiss(id)}>
                          {t('保持分开…', 'Leave apart…')}
                        </Button>
                      </div>
                    ) : undefined,
                },
              ],
            })}
        <h2>{t('已合并', 'Merged')}</h2>
        {showProblem(merges.failure.value, merges.reload)}
        {merges.failure.value && merges.value.value === undefined
          ? undefined
          : showTable({
              label: t('已做的合并', 'Merges that were done'),
              rows: merges.value.value,
              keyOf: ({ id }) => id,
              empty: t('还没有合并过。', 'There was no merge yet.'),
              columns: [
                { title: t('并入前', 'From'), cell: ({ from_id }) => linkUser(from_id) },
                { title: t('并入', 'Into'), cell: ({ into_id }) => linkUser(into_id) },
                { title: t('时间', 'When'), cell: ({ created_at }) => formatInstant(created_at) },
                {
                  title: t('撤销', 'Undo'),
                  cell: ({ id, created_at, undone_at }) =>
                    undone_at !== null ? (
                      t(`已撤销 ${formatInstant(undone_at)}`, `Undone ${formatInstant(undone_at)}`)
                    ) : may('operator') && Date.now() - Date.parse(created_at) < undoableMs ? (
                      <button type="button" class="link" onClick={() => askUndo(id)}>
                        {t('撤销…', 'Undo…')}
                      </button>
                    ) : undefined,
                },
              ],
            })}
      </section>
    )
  },
})

function nameUser({ nickname, id }: AdminUser): string {
  return nickname ?? id
}

function showUser(user: AdminUser | null) {
  if (user === null) return t('已不存在', 'gone')
  return (
    <span class="detail">
      <span>{user.nickname ?? t('无昵称', 'no nickname')}</span>
      <span>{user.phone ?? ''}</span>
      {linkUser(user.id)}
    </span>
  )
}
