import type { Problem } from './program.ts'
import { describeProblem } from './describe-problem.ts'
import { make, makeButton } from './dom.ts'

export interface ProblemPanel {
  readonly add: (problem: Problem) => void
  readonly clear: () => void
}

/** What is wrong with the mini program, over its pages, until it is mended or put away. */
export function drawProblemPanel(layer: HTMLElement): ProblemPanel {
  const panel = make('div.kp-problems', { role: 'alert' })
  const seen = new Set<string>()
  const clear = () => {
    seen.clear()
    panel.remove()
  }
  const close = makeButton('kp-close', '×', clear)
  close.setAttribute('aria-label', '关闭')

  return {
    clear,
    add(problem) {
      const { title, place, words } = describeProblem(problem)
      const key = JSON.stringify([title, place, words])
      // A broken page would say the same at every tap.
      if (seen.has(key)) return
      seen.add(key)
      if (seen.size === 1) panel.replaceChildren(make('header', {}, 'MiniProgramError', close))
      panel.append(
        make(
          'article',
          {},
          make('code', {}, place === '' ? title : `${place} ${title}`),
          ...words.map((line) => make('p', {}, line)),
        ),
      )
      layer.append(panel)
    },
  }
}
