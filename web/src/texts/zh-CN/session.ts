import type { Texts } from '..'

export const session: Texts['session'] = {
  signInTitle: '登录',
  signInLead: '管理密钥、查看用量、试用模型。',
  email: '邮箱',
  password: '密码',
  signIn: '登录',
  noAccount: '还没有账户？',
  forgot: '忘记密码？',
}
