/** The texts that generators write into their files; as fakelens.edge_runtime.provenance.statements.texts. */

import { quote, type Evidence, type Source } from './evidence';
import { judgeAigcLabel, judgeEmbeddedLabels } from './labels';

const A1111 = [/Steps: ?\d/, /Sampler: ?\S/, /CFG scale: ?[\d.]/, /Seed: ?-?\d/];
const A1111_ENOUGH = 3;
const FOOOCUS = ['guidance_scale', 'scheduler', 'seed', 'sharpness', 'steps'];
const FOOOCUS_ENOUGH = 4;
const DREAM = /^"[^"]{1,4000}"\s[^"]{0,400}?-S ?\d/;
const JOB = /Job ID: ?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/;
const MIDJOURNEY_OPTION = /\s--(?:v|ar|niji|style|stylize|s|seed|chaos|q|profile|raw)\b/;
const INVOKE_KEYS = ['invokeai_metadata', 'invokeai_graph', 'invokeai_workflow', 'sd-metadata'];
const GENERATORS =
  /^(imaginairy \/ stable diffusion|novelai|mflux|midjourney|invokeai|comfyui|fooocus|stable diffusion|automatic1111|easy diffusion|draw things)\b/i;

/** Return what the text under `key` says. */
export function judgeText(key: string, text: string, source: Source, where: string): Evidence[] {
  const found: Evidence[] = [];
  const generator = nameGenerator(key, text);
  if (generator) found.push(declare(`holds the settings of ${generator}`, text, source, where));
  else if (key === 'prompt' || key === 'workflow') found.push(...judgeWorkflow(text, source, where));
  else if (key === 'AIGC') found.push(...judgeAigcLabel(text, source, where));
  else if (key === 'Software') found.push(...judgeSoftware(text, source, where));
  else if (key === 'Description' || key === 'Comment') found.push(...judgeDescription(text, source, where));
  return [...found, ...judgeEmbeddedLabels(text, source, where)];
}

function nameGenerator(key: string, text: string): string {
  if (A1111.filter((pattern) => pattern.test(text)).length >= A1111_ENOUGH) {
    return 'a Stable Diffusion program (AUTOMATIC1111, Forge, SD.Next or the like)';
  }
  const isObject = text.trimStart().startsWith('{');
  if (isObject && FOOOCUS.filter((name) => text.includes(`"${name}"`)).length >= FOOOCUS_ENOUGH) return 'Fooocus';
  if (isObject && key === 'Comment' && text.includes('"uc"') && text.includes('"prompt"')) return 'NovelAI';
  if ((isObject && INVOKE_KEYS.includes(key)) || (key === 'Dream' && DREAM.test(text))) return 'InvokeAI';
  if (/^\s*\{\s*"mflux_version"\s*:/.test(text)) return 'mflux';
  if (isObject && /"software"\s*:\s*"imaginairy"/.test(text)) return 'imaginAIry';
  return text.startsWith('OpenAI--ImageGeneration--') ? 'DALL·E' : '';
}

/** Judge a graph of ComfyUI: with a sampler, or without a picture that it loads, it generates. */
export function judgeWorkflow(text: string, source: Source, where: string): Evidence[] {
  const find = (pattern: RegExp) => Array.from(text.matchAll(pattern), ([, kind = '']) => kind);
  let kinds = find(/"class_type"\s*:\s*"([^"]{1,100})"/g);
  if (!kinds.length && /"nodes"\s*:\s*\[/.test(text)) kinds = find(/"type"\s*:\s*"([^"]{1,100})"/g);
  if (!kinds.length) return [];
  const words = [...new Set(kinds)].join(', ');
  const samples = kinds.some((kind) => kind.toLowerCase().includes('sampler'));
  if (samples || !kinds.some((kind) => kind.startsWith('LoadImage'))) {
    return [declare('holds a workflow of ComfyUI', words, source, where)];
  }
  const what = 'holds a workflow of ComfyUI that loads a picture and runs no sampler';
  return [{ source, strength: 'declares-edited', what, words: quote(words), where }];
}

/** Judge a field that names the program: those that do nothing but generate pictures. */
export function judgeSoftware(value: string, source: Source, where: string): Evidence[] {
  if (!GENERATORS.test(value.trim())) return [];
  return [declare('the field for its software names a generator', value, source, where)];
}

/** Judge a description for the job number that Midjourney writes behind the prompt. */
export function judgeDescription(text: string, source: Source, where: string): Evidence[] {
  const found = JOB.exec(text)?.[0];
  if (!found) return [];
  if (MIDJOURNEY_OPTION.test(text)) return [declare('holds a prompt and job number of Midjourney', text, source, where)];
  return [{ source, strength: 'note', what: 'holds a job number as Midjourney writes it', words: quote(found), where }];
}

function declare(what: string, words: string, source: Source, where: string): Evidence {
  return { source, strength: 'declares-generated', what, words: quote(words), where };
}
