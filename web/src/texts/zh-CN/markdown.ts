import type { Texts } from '..'

export const markdown: Texts['markdown'] = {
  linkTo: (heading) => `指向“${heading}”的链接`,
  samples: '多种语言的示例',
  withSdk: (language) => `${language}（OpenAI SDK）`,
}
