import ts from 'typescript'
import { expect, it } from 'vitest'

const EN = `${import.meta.dirname}/en/`
const CONFIG = `${import.meta.dirname}/../../tsconfig.json`
const PATIENCE_MS = 120_000

/** All of the app as the compiler reads it, so that a text is found by what a name means and not by how it is spelt. */
function readApp(): ts.Program {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined }
  const config = ts.getParsedCommandLineOfConfigFile(CONFIG, {}, host)
  return ts.createProgram(config?.fileNames.filter((name) => !/\.test\.tsx?$/.test(name)) ?? [], config?.options ?? {})
}

/** The texts under a node: those that hold no others. */
function textsIn(node: ts.Node): ts.PropertyAssignment[] {
  if (ts.isPropertyAssignment(node) && !ts.isObjectLiteralExpression(node.initializer)) return [node]
  const found: ts.PropertyAssignment[] = []
  ts.forEachChild(node, (child) => void found.push(...textsIn(child)))
  return found
}

/** Whether a group of texts is taken as a value, all of it, and not only on the way to one of them. */
function isTakenWhole(node: ts.Node): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent) || (ts.isElementAccessExpression(parent) && parent.expression === node)) return false
  return !ts.isVariableDeclaration(parent) || parent.type !== undefined
}

function usedTexts(program: ts.Program): Set<ts.Node> {
  const checker = program.getTypeChecker()
  const used = new Set<ts.Node>()
  const take = (symbol: ts.Symbol | undefined, isWhole: boolean) => {
    for (const text of symbol?.declarations ?? []) {
      if (!ts.isPropertyAssignment(text)) continue
      used.add(text)
      if (isWhole) for (const inner of textsIn(text)) used.add(inner)
    }
  }
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) take(checker.getSymbolAtLocation(node.name), isTakenWhole(node))
    else if (ts.isBindingElement(node)) {
      const name = (node.propertyName ?? node.name).getText()
      take(checker.getTypeAtLocation(node.parent).getProperty(name), false)
    } else if (ts.isElementAccessExpression(node)) {
      const chosen = checker.getTypeAtLocation(node.argumentExpression)
      const group = checker.getTypeAtLocation(node.expression)
      for (const one of chosen.isUnion() ? chosen.types : [chosen]) {
        if (one.isStringLiteral()) take(group.getProperty(one.value), isTakenWhole(node))
      }
    }
    ts.forEachChild(node, visit)
  }
  for (const file of program.getSourceFiles()) {
    if (!file.isDeclarationFile && !file.fileName.includes('/src/texts/')) visit(file)
  }
  return used
}

it(
  'shows every text somewhere',
  () => {
    const program = readApp()
    const used = usedTexts(program)
    const files = program.getSourceFiles().filter((file) => file.fileName.startsWith(EN))

    const texts = files.flatMap((file) => textsIn(file).map((text) => ({ text, name: `${file.fileName.slice(EN.length)}: ${text.name.getText()}` })))
    const unused = texts.filter(({ text }) => !used.has(text)).map(({ name }) => name)

    expect(texts.length).toBeGreaterThan(500)
    expect(unused).toEqual([])
  },
  PATIENCE_MS,
)
