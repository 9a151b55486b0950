import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import { init, use, type EChartsType } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { defineComponent, onMounted, onUnmounted, ref, watch } from 'vue'
import { formatNumber, language } from '../language.ts'
import { isDark } from '../theme.ts'

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer])

export type Series = {
  readonly name: string
  readonly kind: 'line' | 'bar'
  /** One of TDesign's colours, as `--td-brand-color`. */
  readonly color: string
  readonly values: readonly number[]
}

export const Chart = defineComponent(
  (props: { label: string; moments: readonly string[]; series: readonly Series[] }) => {
    const box = ref<HTMLElement>()
    let chart: EChartsType | undefined
    let watcher: ResizeObserver | undefined

    function draw() {
      if (chart === undefined || box.value === undefined) return
      const style = getComputedStyle(box.value)
      const color = (name: string) => style.getPropertyValue(name).trim()
      const text = color('--td-text-color-secondary')
      chart.setOption(
        {
          animation: false,
          textStyle: { fontFamily: style.fontFamily },
          grid: { left: 8, right: 12, top: 34, bottom: 4, outerBoundsMode: 'same' },
          legend: { top: 0, left: 0, itemHeight: 8, textStyle: { color: text } },
          tooltip: {
            trigger: 'axis',
            // As HTML it would have style attributes, which the content security policy refuses.
            renderMode: 'richText',
            valueFormatter: (value: unknown) => formatNumber(Number(value)),
            backgroundColor: color('--td-bg-color-container'),
            borderColor: color('--td-component-border'),
            textStyle: { color: color('--td-text-color-primary') },
          },
          xAxis: {
            type: 'category',
            data: [...props.moments],
            axisLabel: { color: text, hideOverlap: true },
            axisLine: { lineStyle: { color: color('--td-component-border') } },
            axisTick: { show: false },
          },
          yAxis: {
            type: 'value',
            minInterval: 1,
            axisLabel: { color: text },
            splitLine: { lineStyle: { color: color('--td-component-stroke') } },
          },
          series: props.series.map(({ name, kind, color: token, values }) => ({
            name,
            type: kind,
            data: [...values],
            ...(kind === 'bar' ? { stack: 'all', barMaxWidth: 22 } : { symbol: 'none' }),
            lineStyle: { width: 2 },
            itemStyle: { color: color(token) },
          })),
        },
        { notMerge: true },
      )
    }

    onMounted(() => {
      if (box.value === undefined) return
      chart = init(box.value, undefined, { renderer: 'canvas' })
      watcher = new ResizeObserver(() => chart?.resize())
      watcher.observe(box.value)
      draw()
    })
    watch([() => props.series, isDark, language], draw, { flush: 'post' })
    onUnmounted(() => {
      watcher?.disconnect()
      chart?.dispose()
    })
    return () => <div ref={box} class="chart" role="img" aria-label={props.label} />
  },
  { name: 'Chart', props: ['label', 'moments', 'series'] },
)
