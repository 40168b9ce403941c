import type { Texts } from '..'

export const markdown: Texts['markdown'] = {
  linkTo: (heading) => `指向“${heading}”的链接`,
  samples: '多种语言的示例',
  with: (language, library) => `${language}（${library}）`,
  notes: { answer: '响应', error: '错误', receipt: '收据', stream: '流' },
}
