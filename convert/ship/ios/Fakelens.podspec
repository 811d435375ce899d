# Used from the app's Podfile by path, one runtime of two:
#   pod 'Fakelens/LiteRT', :path => 'ios', :testspecs => ['Parity']
#   pod 'Fakelens/MediaPipe', :path => 'ios', :testspecs => ['Parity']
Pod::Spec.new do |s|
  s.name = 'Fakelens'
  s.version = '1.0.0'
  s.summary = 'Tells fake images from real ones, on the device.'
  s.homepage = 'https://localhost/fakelens'
  s.license = { :type => 'Apache-2.0' }
  s.author = 'fakelens'
  s.source = { :path => '.' }

  s.ios.deployment_target = '15.0'
  s.swift_versions = ['5.9']
  s.static_framework = true
  s.default_subspecs = ['LiteRT']

  s.subspec 'Rules' do |rules|
    rules.source_files = 'Sources/Fakelens/*.swift', 'Sources/Fakelens/Provenance/*.swift', 'Sources/Fakelens/Apple/*.swift'
    rules.resource_bundles = { 'Fakelens' => ['Sources/Fakelens/Resources/*'] }
  end

  s.subspec 'LiteRT' do |litert|
    litert.source_files = 'Sources/Fakelens/LiteRT/*.swift'
    litert.dependency 'Fakelens/Rules'
    litert.dependency 'TensorFlowLiteSwift', '~> 2.17.0'
  end

  s.subspec 'MediaPipe' do |mediapipe|
    mediapipe.source_files = 'Sources/Fakelens/MediaPipe/*.swift'
    mediapipe.dependency 'Fakelens/Rules'
    mediapipe.dependency 'MediaPipeTasksVision', '~> 0.10.35'
  end

  s.test_spec 'Parity' do |parity|
    parity.source_files = 'Tests/FakelensTests/*.swift'
    parity.resource_bundles = { 'FakelensTests' => ['Tests/FakelensTests/Resources/vectors/*'] }
  end
end
