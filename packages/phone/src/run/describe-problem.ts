import type { Problem, ProblemKind } from './program.ts'

/** In WeChat's own kind of words, then what to do, in both languages. */
export function describeProblem({ kind, file, line, column, reason }: Problem) {
  const { title, zh, en } = texts[kind]
  const place = [file, line, column].filter((part) => part !== undefined).join(':')
  return { title: `[ ${title} ]`, place, words: [reason, zh, en] }
}

const texts: Readonly<Record<ProblemKind, { title: string; zh: string; en: string }>> = {
  app_missing: {
    title: '未找到 app.json',
    zh: '请把手机指向含有 app.json 的小程序目录（project.config.json 的 miniprogramRoot）。',
    en: 'Give the phone the folder that has app.json: miniprogramRoot in project.config.json.',
  },
  json_syntax: {
    title: 'JSON 文件内容错误',
    zh: '这个文件按空文件处理。请改正上面这一行；JSON 不能有注释和多余的逗号。',
    en: 'The file is taken as empty. Mend this line; JSON has no comments and no trailing commas.',
  },
  page_missing: {
    title: 'app.json 文件内容错误',
    zh: 'pages 列出了这个页面，但没有它的 .wxml 文件。请新建页面，或从 pages 删去它。',
    en: 'This page is in pages, but has no .wxml file. Make the page, or take it out of pages.',
  },
  component_missing: {
    title: '未找到组件',
    zh: 'usingComponents 里的路径没有对应的 .wxml 文件。请检查路径；npm 组件要先安装。',
    en: 'The path in usingComponents has no .wxml file. Check it; install components from npm first.',
  },
  component_unknown: {
    title: '未知的组件',
    zh: '请在页面或 app.json 的 usingComponents 里声明它，或改正拼写。它的内容仍会显示。',
    en: 'Declare it in usingComponents of the page or of app.json, or mend its name. What is in it is shown.',
  },
  import_missing: {
    title: '未找到引用的文件',
    zh: '请检查 import、include、@import 或 wxs 的路径。',
    en: 'Check the path of the import, include, @import or wxs.',
  },
  template_syntax: {
    title: 'WXML 文件编译错误',
    zh: '请改正这一行的 WXML；其余部分照常显示。',
    en: 'Mend the WXML of this line; the rest is shown.',
  },
  style_syntax: {
    title: 'WXSS 文件编译错误',
    zh: '请改正这一行；在此之前，这个文件的样式都不生效。',
    en: 'Mend this line; until then nothing of this file applies.',
  },
  script_syntax: {
    title: 'JS 文件编译错误',
    zh: '请改正这一行；在此之前，用到这个文件的页面没有逻辑。',
    en: 'Mend this line; until then the pages that need this file have no logic.',
  },
  script_error: {
    title: '脚本错误',
    zh: '小程序自己的代码抛出了它。请看上面的文件和行；其余部分照常运行。',
    en: 'The code of the mini program threw it. See the file and line above; the rest goes on.',
  },
}
