plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.android)
}

group = "fakelens" // an app that includes this build asks for "fakelens:fakelens"

android {
    namespace = "fakelens.android"
    compileSdk = 35

    defaultConfig {
        minSdk = 24 // what MediaPipe Tasks asks for
        testInstrumentationRunner = "androidx.test.runner.AndroidJUnitRunner"
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

kotlin {
    jvmToolchain(17)
}

dependencies {
    // Two runtimes behind one interface, TileScorer: drop the one that the app does not use, and its file.
    implementation(libs.litert)
    implementation(libs.mediapipe.tasks.vision)
    api(libs.camera.core)

    testImplementation(libs.junit)
    testImplementation(libs.json) // Android's own is a stub in unit tests

    androidTestImplementation(libs.androidx.test.junit)
    androidTestImplementation(libs.androidx.test.runner)
}
