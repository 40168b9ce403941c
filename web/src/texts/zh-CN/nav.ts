import type { Texts } from '..'

export const nav: Texts['nav'] = {
  label: '主导航',
  home: '首页',
  playground: '试验场',
  keys: '密钥',
  models: '模型',
  usage: '用量',
  billing: '账单',
  docs: '文档',
  operator: '运营',
  account: '账户',
  signIn: '登录',
  signUp: '创建账户',
  signOut: '退出登录',
  signedInAs: (email) => `已登录：${email}`,
}
