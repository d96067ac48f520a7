import { formatTime } from "../../contract/time.ts";
import type { ApiKeyChange } from "../../contract/user-api-keys.ts";
import type { Connection } from "../connection.ts";
import { asProblem, completed } from "../created.ts";
import { attempt } from "../failures.ts";
import { Incomplete, resourcesOf } from "../plugin/resource.ts";
import { isUnknown } from "../plugin/unknown.ts";
import { deliver, prepareDelivery } from "./api-key-delivery.ts";
import { drawRotation, recallKey, refutedRotation, rememberKey } from "./api-key-memory.ts";
import { isAdopted, planApiKey, rotates } from "./api-key-plan.ts";
import { nameBeforeRotation, ownSecretIgnored, rotatedElsewhere } from "./api-key-rotation.ts";
import { apiKeySchema } from "./api-key-schema.ts";
import {
  attributeOfField,
  changedSettings,
  expiryFields,
  newKeyState,
  plannedEnd,
  plannedExpires,
  settingsOf,
  toPrevious,
  toState,
} from "./api-key-state.ts";
import { clearEnded, dueRotation, followSuccessor, memoryOfFollower, succeed } from "./api-key-succession.ts";
import { explainTakenName } from "./api-key-taken-name.ts";
import { validateApiKey } from "./api-key-validation.ts";
import { tellWarnings } from "./api-key-warnings.ts";

const resource = resourcesOf<Connection>();

/** Resource `keyward_api_key`. */
export const apiKey = resource({
  typeName: "keyward_api_key",
  schema: apiKeySchema,
  // No identity: a rotation gives the key another number in place, and its name may change too.
  upgrade: {
    0: (state) => ({ ...state, status: "active", rotation_due: false }),
  },

  validate({ config, error, warn }) {
    validateApiKey(config, error, warn);
  },

  plan({ config, prior, planned, privateState, warn }) {
    const { isImported } = recallKey(privateState);
    if (prior !== null && config.recipients !== null && isAdopted(prior.recipients, isImported)) {
      warn("The recipients are only written down", {
        attribute: "recipients",
        detail:
          "The secret of an imported key is not known, so there is nothing to encrypt for them until the key is rotated.",
      });
    }
    return planApiKey({ config, prior, planned, isImported });
  },

  async read({ state, client: connection, privateState, signal, warn }) {
    const { apiKeys } = connection;
    const [row, previous] = await attempt("read the API key", () =>
      Promise.all([
        apiKeys.get(state.id, signal, state.user),
        state.previous_id === null ? undefined : apiKeys.get(state.previous_id, signal, state.user),
      ]),
    );
    if (row === undefined) {
      return null;
    }
    const memory = recallKey(privateState);
    const found = { ...toState(row, state), ...toPrevious(previous, state) };
    const next = dueRotation(memory, found, Math.floor(Date.now() / 1000));
    const wasRotated = nameBeforeRotation(row.name, row.$key) !== undefined && !memory.isImported;
    // A rotation that was asked for may be ours, and its answer is still to be had: the next apply asks for it again.
    const isUnfinished = wasRotated && !next.isRefuted && (next.isUnanswered || found.rotation_due === true);
    const successor =
      wasRotated && !isUnfinished ? await followSuccessor(connection, row, state, signal) : undefined;
    if (successor !== undefined) {
      rememberKey(privateState, memoryOfFollower(memory, row));
      warn("The key was rotated outside this configuration", {
        detail:
          `${successor.name} is key ${successor.$key} by now, and that one is followed from here on. Its secret went to whoever ` +
          `rotated it and is not known here: secret is null until the key is rotated. Its predecessor, key ${row.$key}, ends at ` +
          `${formatTime(row.expires)}.`,
      });
      const previousEnd = toPrevious(row, { ...state, previous_id: state.id, previous_expires_at: null });
      return { ...toState(successor, { ...state, secret: null, encrypted_secret: null }), ...previousEnd };
    }
    rememberKey(privateState, { ...memory, next });
    if (isUnfinished) {
      warn("A rotation of the key was cut short", {
        detail: "The server has rotated it, and its answer was lost. The next apply gets the same successor.",
      });
    } else if (found.status === "expired" && found.rotation_due !== true) {
      warn("The API key has expired", {
        attribute: "expires_at",
        detail: `${row.name} ended at ${formatTime(row.expires)} and is refused. Give it a later end, or a rotation.`,
      });
    }
    return found;
  },

  async create({ plan, config, client: { client, apiKeys }, privateState, signal, warn }) {
    const delivery = await prepareDelivery(config);
    const expires = plannedExpires(plan, Math.floor(Date.now() / 1000));
    const { secret_wo: own } = config;
    const body = {
      user: plan.user,
      ...settingsOf(plan),
      ...expiryFields(expires),
      ...(own === null ? {} : { secret: own }),
    };
    const create = () => client.createApiKey(body, { signal });
    const issued = await explainTakenName(client, plan, () =>
      attempt("create the API key", create, attributeOfField),
    );
    apiKeys.forget();
    if (own !== null && issued.secret !== own) {
      const isDeleted = await client.deleteApiKey(issued.key).then(
        () => true,
        () => false,
      );
      throw ownSecretIgnored(isDeleted ? null : issued.key);
    }
    rememberKey(privateState, { next: drawRotation(), predecessors: [], isImported: false });
    tellWarnings(issued.warnings, warn);
    const { secrets, problem } = await deliver(delivery, issued.secret);
    const state = newKeyState(plan, { id: issued.key, ...secrets }, expires);
    if (problem !== null) {
      return new Incomplete(state, problem);
    }
    const readRow = () => attempt("read the new API key", () => client.getApiKey(issued.key, signal));
    return completed(state, readRow, (row) => ({ ...state, created_at: formatTime(row.created) }));
  },

  async update({ prior, plan, config, client: connection, privateState, signal, warn }) {
    const { client, apiKeys } = connection;
    const memory = recallKey(privateState);
    if (rotates(config, prior, memory.isImported) === "certainly") {
      return succeed({ prior, plan, config, connection, privateState, signal, warn });
    }
    if (memory.next.isUnanswered && nameBeforeRotation(prior.name, prior.id) !== undefined) {
      // The rotation happened after all, and is not wanted any more: its secret is nobody's.
      rememberKey(privateState, { ...memory, next: refutedRotation() });
      return new Incomplete(prior, rotatedElsewhere(prior.id));
    }
    const expires = plannedExpires(plan, Math.floor(Date.now() / 1000));
    const change: ApiKeyChange = {
      ...changedSettings(prior, plan),
      ...(plan.expires_at === prior.expires_at ? {} : expiryFields(expires)),
    };
    if (Object.keys(change).length > 0) {
      const update = () => client.updateApiKey(prior.id, change, signal);
      const warnings = await explainTakenName(client, plan, () =>
        attempt("update the API key", update, attributeOfField),
      );
      tellWarnings(warnings, warn);
      apiKeys.forget();
    }
    rememberKey(privateState, { ...memory, isImported: false });
    // What the server computes is planned as it was: a later read may find a later login, an update may not.
    const { id, secret, encrypted_secret, created_at, last_login_at, last_login_ip } = prior;
    const state = {
      ...plan,
      id,
      secret,
      encrypted_secret,
      created_at,
      last_login_at,
      last_login_ip,
      expires_at: plannedEnd(plan, expires),
      // These are planned as they come out, so neither is unknown here.
      status: isUnknown(plan.status) ? prior.status : plan.status,
      rotation_due: isUnknown(plan.rotation_due) ? prior.rotation_due : plan.rotation_due,
      previous_id: prior.previous_id,
      previous_expires_at: prior.previous_expires_at,
    };
    const unfinished = await clearEnded(connection, privateState, signal).then(() => null, asProblem);
    return unfinished === null ? state : new Incomplete(state, unfinished);
  },

  async delete({ state, client: { client, apiKeys }, privateState, signal }) {
    const predecessors = recallKey(privateState).predecessors.map(({ id }) => id);
    for (const id of new Set([state.id, state.previous_id, ...predecessors])) {
      if (id !== null) {
        await attempt("delete the API key", () => client.deleteApiKey(id, signal));
      }
    }
    apiKeys.forget();
  },

  async import({ id, client: { client }, privateState, signal, warn }) {
    const row = await attempt("import the API key", () => client.getApiKey(id, signal));
    if (row === undefined) {
      return null;
    }
    rememberKey(privateState, { next: drawRotation(), predecessors: [], isImported: true });
    warn("The secret of an imported key is not known", {
      detail:
        "The server showed it when the key was made and never again, so the attribute secret stays null.",
    });
    return toState(row, undefined);
  },
});
