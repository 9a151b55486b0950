import { Button } from 'tdesign-vue-next'
import { defineComponent } from 'vue'
import { call } from '../api.ts'
import { formatInstant, t } from '../language.ts'
import { useLoaded } from '../load.ts'
import { ask } from '../parts/ask.tsx'
import { showCode } from '../parts/events.tsx'
import { showProblem } from '../parts/problem.tsx'
import { showTable } from '../parts/table.tsx'
import { nameSlot } from '../words.ts'
import { may } from '../who.ts'

export const Keys = defineComponent({
  name: 'Keys',
  setup() {
    const keys = useLoaded(async (signal) => (await call('GET /v1/admin/keys', { signal })).keys)

    function askRotate() {
      ask({
        title: t('现在轮换签名密钥？', 'Rotate the signing key now?'),
        says: () =>
          t(
            '下一把密钥立即开始签名，旧密钥继续公布到它签的令牌都过期。验证方不会察觉，没有人会退出。',
            'The next key signs from now on; the present one stays published until its tokens have run out. No verifier notices, and nobody is signed out.',
          ),
        button: t('轮换', 'Rotate'),
        act: async () => {
          const { kid } = await call('POST /v1/admin/keys/rotate', {})
          await keys.reload()
          return t(`现在由 ${kid} 签名。`, `${kid} signs now.`)
        },
      })
    }

    return () => (
      <section>
        <div class="heading">
          <h1 tabindex={-1}>{t('签名密钥', 'Signing keys')}</h1>
          {may('owner') ? (
            <Button size="small" variant="outline" onClick={askRotate}>
              {t('轮换…', 'Rotate…')}
            </Button>
          ) : undefined}
        </div>
        <p class="hint">
          {t(
            '访问令牌由当前密钥签名，按计划自动轮换。密钥泄露时，请在服务器上用 kaimen keys 吊销。',
            'The current key signs access tokens, and is rotated by schedule. Where a key has leaked, revoke it on the server with kaimen keys.',
          )}
        </p>
        {showProblem(keys.failure.value, keys.reload)}
        {keys.failure.value && keys.value.value === undefined
          ? undefined
          : showTable({
              label: t('签名密钥', 'Signing keys'),
              rows: keys.value.value,
              keyOf: ({ kid }) => kid,
              empty: t(
                '还没有密钥：第一次签名时会生成。',
                'There is no key yet: one is made when the first token is signed.',
              ),
              columns: [
                { title: t('用途', 'Slot'), cell: ({ slot }) => nameSlot(slot) },
                { title: 'kid', cell: ({ kid }) => showCode(kid) },
                { title: t('生成', 'Made'), cell: ({ created_at }) => formatInstant(created_at) },
                { title: t('自何时起', 'Since'), cell: ({ since }) => formatInstant(since) },
                {
                  title: t('到何时', 'Until'),
                  cell: ({ moves_at }) =>
                    moves_at === null
                      ? t('不自动更换', 'never by itself')
                      : formatInstant(moves_at),
                },
              ],
            })}
      </section>
    )
  },
})
