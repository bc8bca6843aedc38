/** Shows something else in place of children that failed to render. React has no other means for it than a class. */
import { Component, type ReactNode } from "react";

interface ErrorBoundaryProps {
  readonly fallback: (error: unknown) => ReactNode;
  readonly children: ReactNode;
  /** When it changes, children that failed are tried again: half of an answer may fail where the whole one doesn't. */
  readonly retryKey?: unknown;
}

interface ErrorBoundaryState {
  readonly failure?: { readonly error: unknown } | undefined;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = {};

  static getDerivedStateFromError(error: unknown): ErrorBoundaryState {
    return { failure: { error } };
  }

  override componentDidUpdate({ retryKey }: ErrorBoundaryProps): void {
    if (this.state.failure !== undefined && retryKey !== this.props.retryKey) this.setState({ failure: undefined });
  }

  override render(): ReactNode {
    const { failure } = this.state;
    return failure === undefined ? this.props.children : this.props.fallback(failure.error);
  }
}
