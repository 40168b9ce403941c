import type { Texts } from '..'

export const samples: Texts['samples'] = {
  label: '多种语言的示例代码',
  run: '运行方法：',
}
