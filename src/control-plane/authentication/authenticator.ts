/** Who calls the control plane. */
import type { ControlPlaneRequest } from '../control-plane.js';

export interface Identity {
  /** For the history and for messages: an access key's id and name, or `anonymous`. */
  name: string;
  mayWrite: boolean;
}

export interface Authenticator {
  /** @throws ApiError as AWS answers: a missing, wrong or old signature, an unknown key */
  identify(request: ControlPlaneRequest): Promise<Identity>;
}
